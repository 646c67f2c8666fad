using Retort.Distillation.Options;

namespace Retort.Training.Recipes;

/// <summary>The images to train and test on.</summary>
[OptionVariants("kind")]
[OptionVariant("synthetic", typeof(SyntheticDataOptions))]
[OptionVariant("folder", typeof(FolderDataOptions))]
[OptionVariant("cifar10", typeof(Cifar10DataOptions))]
[OptionVariant("cifar100", typeof(Cifar100DataOptions))]
public abstract record DataOptions
{
    /// <summary>Mean and standard deviation that pixels are normalised with: a preset's name, or both. Default: those of the data set itself.</summary>
    public NormalizationOptions? Normalization { get; init; }

    /// <summary>Random changes to the training images.</summary>
    public AugmentOptions Augment { get; init; } = new();
}
