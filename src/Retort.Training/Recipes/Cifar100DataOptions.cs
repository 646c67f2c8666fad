using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Training.Recipes;

/// <summary>CIFAR-100 in its binary form: a folder with <c>train.bin</c> and <c>test.bin</c>.</summary>
public sealed record Cifar100DataOptions : StoredDataOptions
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
        Retort.Vision.Augmentation.Normalization.Cifar100;
}
