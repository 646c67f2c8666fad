namespace Retort.Vision.Augmentation;

/// <summary>How <see cref="BatchMixing"/> mixes images. The names and defaults are timm's, which starts with neither.</summary>
public sealed record BatchMixingOptions
{
    /// <summary>Shape of the beta distribution of mixup's share, ≥ 0; 0: no mixup. Default 0.</summary>
    public double Mixup { get; init; }

    /// <summary>Shape of the beta distribution of cutmix's area, ≥ 0; 0: no cutmix. Default 0.</summary>
    public double Cutmix { get; init; }

    /// <summary>Share of the batches that are mixed, 0..1. Default 1.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>Share of the mixed batches that take cutmix, where both are on, 0..1. Default 0.5.</summary>
    public double SwitchProbability { get; init; } = 0.5;

    /// <summary>Seed of all choices. Default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether anything is mixed at all.</summary>
    public bool IsOn => (Mixup > 0 || Cutmix > 0) && Probability > 0;
}
