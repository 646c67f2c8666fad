namespace Retort.Vision.Augmentation;

/// <summary>How <see cref="RandomErasing"/> erases. The defaults are timm's but for the probability.</summary>
public sealed record RandomErasingOptions
{
    /// <summary>Share of the images in which a rectangle is erased, 0..1. Default 0.25.</summary>
    public double Probability { get; init; } = 0.25;

    /// <summary>What is in its place. Default pixel.</summary>
    public ErasingMode Mode { get; init; } = ErasingMode.Pixel;

    /// <summary>Least share of the image that is erased, above 0. Default 0.02.</summary>
    public double LeastArea { get; init; } = 0.02;

    /// <summary>Greatest share, at most 1. Default 1/3.</summary>
    public double MostArea { get; init; } = 1.0 / 3;

    /// <summary>Least height / width of the rectangle, above 0. Default 0.3.</summary>
    public double LeastAspect { get; init; } = 0.3;

    /// <summary>Greatest height / width. Default 1 / 0.3.</summary>
    public double MostAspect { get; init; } = 1 / 0.3;
}
