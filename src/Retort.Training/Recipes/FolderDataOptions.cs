using Retort.Vision.Datasets;

namespace Retort.Training.Recipes;

/// <summary>A folder with <c>train/</c> and <c>test/</c>, each with a folder of JPEG or PNG images for every class.</summary>
public sealed record FolderDataOptions : ImageFileDataOptions
{
    /// <inheritdoc/>
    public override ImageDataset Read(
        DatasetSplit split, IReadOnlyList<string>? classes, Action<string, int, int>? progress, CancellationToken cancel) =>
        ImageFolder.Load(ImageFolder.FindSplit(Path, split), Reading(split, classes, progress), cancel);

    /// <inheritdoc/>
    public override DatasetOutline Outline()
    {
        DatasetOutline train = ImageFolder.Outline(ImageFolder.FindSplit(Path, DatasetSplit.Training));
        ImageFolder.Outline(ImageFolder.FindSplit(Path, DatasetSplit.Test), train.Classes);
        return train with { Size = Input ?? train.Size };
    }
}
