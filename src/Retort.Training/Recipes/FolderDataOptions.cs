using Retort.Vision.Datasets;

namespace Retort.Training.Recipes;

/// <summary>A folder with <c>train/</c> and <c>test/</c>, each with a folder of JPEG or PNG images for every class.</summary>
public sealed record FolderDataOptions : StoredDataOptions
{
    /// <inheritdoc/>
    public override ImageDataset Read(
        DatasetSplit split, IReadOnlyList<string>? classes, Action<string, int, int>? progress, CancellationToken cancel) =>
        ImageFolder.Load(
            ImageFolder.FindSplit(Path, split),
            new ImageFolderOptions
            {
                Name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(Path)),
                Classes = classes,
                SkipCorrupt = OnSkipped is not null,
                OnSkipped = OnSkipped,
                Progress = (done, total) => progress?.Invoke($"decoding the {(split == DatasetSplit.Training ? "training" : "test")} images", done, total),
            },
            cancel);

    /// <inheritdoc/>
    public override DatasetOutline Outline()
    {
        DatasetOutline train = ImageFolder.Outline(ImageFolder.FindSplit(Path, DatasetSplit.Training));
        ImageFolder.Outline(ImageFolder.FindSplit(Path, DatasetSplit.Test), train.Classes);
        return train;
    }
}
