using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;
using Retort.Vision.Datasets;

namespace Retort.Training.Recipes;

/// <summary>The MNIST family: a folder with <c>train-images-idx3-ubyte</c>, <c>t10k-images-idx3-ubyte</c> and their labels, packed (.gz) or not.</summary>
public sealed record IdxDataOptions : StoredDataOptions
{
    /// <summary>Names of the classes, in label order. Default: the numbers from 0 to the greatest label.</summary>
    [MinLength(2)]
    public ValueList<string>? Classes { get; init; }

    /// <inheritdoc/>
    public override ImageDataset Read(
        DatasetSplit split, IReadOnlyList<string>? classes, Action<string, int, int>? progress, CancellationToken cancel) =>
        IdxImages.Load(Path, split, classes ?? Classes);

    /// <inheritdoc/>
    public override DatasetOutline Outline()
    {
        DatasetOutline train = IdxImages.Outline(Path, DatasetSplit.Training, Classes);
        RequireOneSize(train.Size, IdxImages.Outline(Path, DatasetSplit.Test, train.Classes).Size);
        return train;
    }
}
