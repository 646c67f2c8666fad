using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;
using Retort.Vision.Augmentation;

namespace Retort.Training.Recipes;

/// <summary>Pixels in 0..1 become (pixel − mean) / std, for each channel: a preset by its name, or mean and std.</summary>
[OptionShorthand("preset")]
public sealed record NormalizationOptions : IValidatableOptions
{
    /// <summary>Name of known values, as "repdistiller" or "imagenet". Default: none.</summary>
    public string? Preset { get; init; }

    /// <summary>Mean of each channel (red, green, blue), 0..1. Default: the preset's.</summary>
    [Length(3, 3), Range(0.0, 1.0)]
    public ValueList<double>? Mean { get; init; }

    /// <summary>Standard deviation of each channel (red, green, blue), above 0, at most 1. Default: the preset's.</summary>
    [Length(3, 3), Range(0.0, 1.0, MinimumIsExclusive = true)]
    public ValueList<double>? Std { get; init; }

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (Preset is null && Mean is null && Std is null)
            yield return new(nameof(Preset), "is missing: name a preset, or give 'mean' and 'std'");
        else if (Preset is not null && (Mean is not null || Std is not null))
            yield return new(nameof(Preset), "cannot stand beside 'mean' and 'std': keep the one or the other");
        else if (Mean is null != Std is null)
            yield return new(Mean is null ? nameof(Mean) : nameof(Std), "is missing: 'mean' and 'std' go together");
    }

    /// <summary>The values; validated before.</summary>
    /// <exception cref="UnknownNameException">There is no such preset.</exception>
    public Normalization ToNormalization()
    {
        if (Preset is null)
            return new Normalization([.. Mean!.Select(m => (float)m)], [.. Std!.Select(s => (float)s)]);
        return Normalization.Presets.TryGetValue(Preset, out Normalization? preset)
            ? preset
            : throw new UnknownNameException("normalization", Preset, Normalization.Presets.Keys, "retort list normalizations");
    }
}
