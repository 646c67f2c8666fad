using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;
using Retort.Vision.Augmentation;

namespace Retort.Training.Recipes;

/// <summary>RandAugment with timm's operations; the defaults are timm's <c>rand-m9-mstd0.5</c>.</summary>
[OptionShorthand("magnitude")]
public sealed record AugmentRandom
{
    /// <summary>Operations drawn for each image, 0..32. Default 2.</summary>
    [Range(0, 32)]
    public int Ops { get; init; } = 2;

    /// <summary>Strength, 0..10. Default 9.</summary>
    [Range(0.0, 10.0)]
    public double Magnitude { get; init; } = 9;

    /// <summary>Standard deviation of the strength from operation to operation, 0..10. Default 0.5.</summary>
    [Range(0.0, 10.0)]
    public double MagnitudeStd { get; init; } = 0.5;

    /// <summary>Probability that an operation that was drawn is done, 0..1. Default 0.5.</summary>
    [Range(0.0, 1.0)]
    public double Probability { get; init; } = 0.5;

    /// <summary>Whether all operations grow stronger with the magnitude, as timm's <c>inc1</c>. Default false.</summary>
    public bool Increasing { get; init; }

    internal RandAugmentOptions ToOptions() => new()
    {
        Operations = Ops, Magnitude = Magnitude, MagnitudeDeviation = MagnitudeStd, Probability = Probability, Increasing = Increasing,
    };
}
