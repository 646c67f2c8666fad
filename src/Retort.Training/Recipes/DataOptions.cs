using Retort.Distillation.Options;
using Retort.Training.Data;
using Retort.Vision.Datasets;

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

    /// <summary>Reads or makes the images.</summary>
    /// <param name="progress">Is told what is being done, how much is done, and how much there is (0: unknown).</param>
    /// <param name="cancel">Stops the reading.</param>
    /// <exception cref="DataException">The data is missing or damaged.</exception>
    public abstract DataSplits Load(Action<string, int, int>? progress, CancellationToken cancel);
}
