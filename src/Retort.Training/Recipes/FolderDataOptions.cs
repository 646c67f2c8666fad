using Retort.Vision.Datasets;

namespace Retort.Training.Recipes;

/// <summary>A folder with <c>train/</c> and <c>test/</c>, each with a folder of JPEG or PNG images for every class.</summary>
public sealed record FolderDataOptions : ImageFileDataOptions
{
    /// <inheritdoc/>
    public override ImageDataset Read(
        DatasetSplit split, IReadOnlyList<string>? classes, Action<string, int, int>? progress, CancellationToken cancel) =>
        ImageFolder.Load(FolderOf(split), Reading(split, classes, progress), cancel);

    /// <inheritdoc/>
    public override DatasetOutline Outline()
    {
        DatasetOutline train = ImageFolder.Outline(FolderOf(DatasetSplit.Training));
        RequireOneSize(train.Size, ImageFolder.Outline(FolderOf(DatasetSplit.Test), train.Classes).Size);
        return train with { Size = Input ?? train.Size };
    }

    /// <inheritdoc/>
    internal override void RequireSplits()
    {
        FolderOf(DatasetSplit.Training);
        FolderOf(DatasetSplit.Test);
    }

    // Published binaries in its place are what `data fetch` leaves: the remedy is another kind, not other folders.
    private string FolderOf(DatasetSplit split) => !ImageFolder.HasSplit(Path, split) && PublishedData.In(Path) is { } published
        ? throw new DataException($"Folder '{Path}' has no folders of images, but it holds {published.Files}: set data.kind={published.Kind}.")
        : ImageFolder.FindSplit(Path, split);
}
