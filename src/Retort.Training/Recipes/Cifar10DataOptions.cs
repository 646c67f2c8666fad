using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Training.Recipes;

/// <summary>CIFAR-10 in its binary form: a folder with <c>data_batch_1.bin</c> to <c>data_batch_5.bin</c> and <c>test_batch.bin</c>.</summary>
public sealed record Cifar10DataOptions : StoredDataOptions
{
    /// <inheritdoc/>
    public override ImageDataset Read(
        DatasetSplit split, IReadOnlyList<string>? classes, Action<string, int, int>? progress, CancellationToken cancel) =>
        CifarBinary.Load(Path, split);

    /// <inheritdoc/>
    public override DatasetOutline Outline()
    {
        CifarBinary.Outline(Path, DatasetSplit.Test);
        return CifarBinary.Outline(Path, DatasetSplit.Training);
    }

    /// <inheritdoc/>
    protected override Normalization Own(ImageDataset train, Action<string, int, int>? progress, CancellationToken cancel) =>
        Retort.Vision.Augmentation.Normalization.Cifar10;
}
