namespace Retort.Vision.Augmentation;

/// <summary>Which part of an image <see cref="RandomResizedCrop"/> shows. The defaults are those of ImageNet training everywhere.</summary>
public sealed record RandomResizedCropOptions
{
    /// <summary>Least share of the image's area, above 0. Default 0.08.</summary>
    public double LeastScale { get; init; } = 0.08;

    /// <summary>Greatest share, at most 1. Default 1.</summary>
    public double MostScale { get; init; } = 1;

    /// <summary>Least width / height of the part, above 0. Default 3/4.</summary>
    public double LeastRatio { get; init; } = 3.0 / 4;

    /// <summary>Greatest width / height. Default 4/3.</summary>
    public double MostRatio { get; init; } = 4.0 / 3;
}
