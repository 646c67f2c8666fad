namespace Retort.Vision.Augmentation;

/// <summary>How <see cref="RandAugment"/> varies images. The defaults are timm's <c>rand-m9-mstd0.5</c>.</summary>
public sealed record RandAugmentOptions
{
    /// <summary>Operations drawn for an image, one after another and with repetition, ≥ 0. Default 2.</summary>
    public int Operations { get; init; } = 2;

    /// <summary>Strength of the operations, 0..10. Default 9.</summary>
    public double Magnitude { get; init; } = 9;

    /// <summary>Standard deviation of the strength from operation to operation, ≥ 0; the result is cut to 0..10. Default 0.5.</summary>
    public double MagnitudeDeviation { get; init; } = 0.5;

    /// <summary>Probability that an operation that was drawn is done, 0..1. Default 0.5.</summary>
    public double Probability { get; init; } = 0.5;

    /// <summary>
    /// Whether a greater magnitude is a greater change in every operation (timm's <c>inc1</c>). Default false: posterise and solarise are
    /// then stronger for small magnitudes, and colour, contrast, brightness and sharpness run from 0.1 to 1.9.
    /// </summary>
    public bool Increasing { get; init; }
}
