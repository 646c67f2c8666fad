using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;
using Retort.Vision.Augmentation;

namespace Retort.Training.Recipes;

/// <summary>Random erasing; the ranges are timm's.</summary>
[OptionShorthand("probability")]
public sealed record AugmentErasing : IValidatableOptions
{
    /// <summary>Share of the images in which a rectangle is erased, 0..1. Default 0.25.</summary>
    [Range(0.0, 1.0)]
    public double Probability { get; init; } = 0.25;

    /// <summary>What is in its place: pixel (noise), rand (one random colour) or const (the mean colour). Default pixel.</summary>
    public ErasingMode Mode { get; init; } = ErasingMode.Pixel;

    /// <summary>Least and greatest share of the image's area, above 0, at most 1. Default [0.02, 0.3333333333333333].</summary>
    [Length(2, 2), Range(0.0, 1.0, MinimumIsExclusive = true)]
    public ValueList<double> Area { get; init; } = [0.02, 1.0 / 3];

    /// <summary>Least and greatest height / width, above 0. Default [0.3, 3.3333333333333335].</summary>
    [Length(2, 2), Range(0.0, 100.0, MinimumIsExclusive = true)]
    public ValueList<double> Aspect { get; init; } = [0.3, 1 / 0.3];

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (Area[0] > Area[1])
            yield return new(nameof(Area), $"is {Area}, but must begin with the smaller, as [0.02, 0.33]");
        if (Aspect[0] > Aspect[1])
            yield return new(nameof(Aspect), $"is {Aspect}, but must begin with the smaller, as [0.3, 3.3]");
    }

    internal RandomErasingOptions ToOptions() => new()
    {
        Probability = Probability, Mode = Mode, LeastArea = Area[0], MostArea = Area[1], LeastAspect = Aspect[0], MostAspect = Aspect[1],
    };
}
