namespace Retort.Vision.Datasets;

/// <summary>
/// What <see cref="SyntheticShapes"/> draws, and every lever of its difficulty. Lengths are fractions of the image's side,
/// brightness and its differences are in 0..1. With the defaults a few hundred steps tell a larger network from a smaller one.
/// </summary>
public sealed record SyntheticShapesOptions
{
    /// <summary>Seed of all images. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Images of the training split, ≥ 1. Default 10000.</summary>
    public int TrainingImages { get; init; } = 10_000;

    /// <summary>Images of the test split, ≥ 1. Default 2000.</summary>
    public int TestImages { get; init; } = 2_000;

    /// <summary>Width and height in pixels, 8 to 256. Default 32.</summary>
    public int Side { get; init; } = 32;

    /// <summary>Smallest radius of the object that gives the class. Default 0.28.</summary>
    public double MinRadius { get; init; } = 0.28;

    /// <summary>Largest radius of the object that gives the class. Default 0.4.</summary>
    public double MaxRadius { get; init; } = 0.4;

    /// <summary>How far the object's centre may lie from the middle, in x and in y. Default 0.1.</summary>
    public double Displacement { get; init; } = 0.1;

    /// <summary>Largest turn of the object and its texture either way, in degrees, 0 to 180. Default 45.</summary>
    public double Rotation { get; init; } = 45;

    /// <summary>Largest relative change of the object's aspect ratio, 0 to 0.8. Default 0.25.</summary>
    public double Stretch { get; init; } = 0.25;

    /// <summary>Smallest difference between the two tones of a texture, relative to the brighter one. Default 0.5.</summary>
    public double MinTextureContrast { get; init; } = 0.5;

    /// <summary>Largest difference between the two tones of a texture, relative to the brighter one. Default 0.8.</summary>
    public double MaxTextureContrast { get; init; } = 0.8;

    /// <summary>Smallest period of a texture. Default 0.25.</summary>
    public double MinTexturePeriod { get; init; } = 0.25;

    /// <summary>Largest period of a texture. Default 0.35.</summary>
    public double MaxTexturePeriod { get; init; } = 0.35;

    /// <summary>Most smaller objects of other classes around the object, 0 to 16. Default 0.</summary>
    public int Distractors { get; init; }

    /// <summary>Largest radius of a distractor, relative to the object's. Default 0.55.</summary>
    public double DistractorRadius { get; init; } = 0.55;

    /// <summary>Most random lines behind the objects, 0 to 64. Default 2.</summary>
    public int Lines { get; init; } = 2;

    /// <summary>Amplitude of the ground's cloudy pattern. Default 0.2.</summary>
    public double Clouds { get; init; } = 0.2;

    /// <summary>Largest width of a bar across the object, relative to its radius, 0 to 1. Default 0.5.</summary>
    public double Occlusion { get; init; } = 0.5;

    /// <summary>Share of the images that have such a bar, 0 to 1. Default 0.25.</summary>
    public double OcclusionChance { get; init; } = 0.25;

    /// <summary>Largest relative change of brightness across the image, 0 to 1. Default 0.4.</summary>
    public double Lighting { get; init; } = 0.4;

    /// <summary>Largest blur: the share of a pixel's light that each direct neighbour in a row and in a column gets, 0 to 0.33. Default 0.1.</summary>
    public double Blur { get; init; } = 0.1;

    /// <summary>Largest standard deviation of the pixel noise; each image draws its own. Default 0.05.</summary>
    public double Noise { get; init; } = 0.05;

    /// <summary>Share of the training images whose label is replaced by another at random, 0 to 0.9; test labels are always true. Default 0.</summary>
    public double LabelNoise { get; init; }

    /// <summary>Refuses values out of range, all in one message.</summary>
    /// <exception cref="DataException">At least one value is out of range.</exception>
    internal void Validate()
    {
        List<string> faults = [];
        Check(nameof(TrainingImages), TrainingImages, 1, 10_000_000);
        Check(nameof(TestImages), TestImages, 1, 10_000_000);
        Check(nameof(Side), Side, 8, 256);
        Check(nameof(MinRadius), MinRadius, 0.02, 1);
        Check(nameof(MaxRadius), MaxRadius, MinRadius, 1);
        Check(nameof(Displacement), Displacement, 0, 0.5);
        Check(nameof(Rotation), Rotation, 0, 180);
        Check(nameof(Stretch), Stretch, 0, 0.8);
        Check(nameof(MinTextureContrast), MinTextureContrast, 0, 1);
        Check(nameof(MaxTextureContrast), MaxTextureContrast, MinTextureContrast, 1);
        Check(nameof(MinTexturePeriod), MinTexturePeriod, 0.02, 1);
        Check(nameof(MaxTexturePeriod), MaxTexturePeriod, MinTexturePeriod, 1);
        Check(nameof(Distractors), Distractors, 0, 16);
        Check(nameof(DistractorRadius), DistractorRadius, 0.05, 1);
        Check(nameof(Lines), Lines, 0, 64);
        Check(nameof(Clouds), Clouds, 0, 1);
        Check(nameof(Occlusion), Occlusion, 0, 1);
        Check(nameof(OcclusionChance), OcclusionChance, 0, 1);
        Check(nameof(Lighting), Lighting, 0, 1);
        Check(nameof(Blur), Blur, 0, 0.33);
        Check(nameof(Noise), Noise, 0, 1);
        Check(nameof(LabelNoise), LabelNoise, 0, 0.9);
        if (faults.Count > 0) throw new DataException($"Synthetic shapes: {string.Join("; ", faults)}.");

        void Check(string name, double value, double low, double high)
        {
            if (!(value >= low && value <= high)) faults.Add($"{name} is {value}, and {low} to {high} is allowed");
        }
    }
}
