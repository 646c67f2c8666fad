using Retort.Training.Data;
using Retort.Vision.Datasets;

namespace Retort.Training.Recipes;

/// <summary>CIFAR-100 in its binary form: a folder with <c>train.bin</c> and <c>test.bin</c>.</summary>
public sealed record Cifar100DataOptions : StoredDataOptions
{
    /// <inheritdoc/>
    public override DataSplits Load(Action<string, int, int>? progress, CancellationToken cancel) => new(
        CifarBinary.Load(Path, DatasetSplit.Train), CifarBinary.Load(Path, DatasetSplit.Test),
        Retort.Vision.Augmentation.Normalization.Cifar100);
}
