using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;
using Retort.Vision.Augmentation;

namespace Retort.Training.Recipes;

/// <summary>Which random part of an image is shown.</summary>
public sealed record AugmentResizedCrop : IValidatableOptions
{
    /// <summary>Least and greatest share of the image's area, above 0, at most 1. Default [0.08, 1].</summary>
    [Length(2, 2), Range(0.0, 1.0, MinimumIsExclusive = true)]
    public ValueList<double> Scale { get; init; } = [0.08, 1];

    /// <summary>Least and greatest width / height, above 0. Default [0.75, 1.3333333333333333].</summary>
    [Length(2, 2), Range(0.0, 100.0, MinimumIsExclusive = true)]
    public ValueList<double> Ratio { get; init; } = [3.0 / 4, 4.0 / 3];

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (Scale[0] > Scale[1])
            yield return new(nameof(Scale), $"is {Scale}, but must begin with the smaller, as [0.08, 1]");
        if (Ratio[0] > Ratio[1])
            yield return new(nameof(Ratio), $"is {Ratio}, but must begin with the smaller, as [0.75, 1.33]");
    }

    internal RandomResizedCropOptions ToOptions() =>
        new() { LeastScale = Scale[0], MostScale = Scale[1], LeastRatio = Ratio[0], MostRatio = Ratio[1] };
}
