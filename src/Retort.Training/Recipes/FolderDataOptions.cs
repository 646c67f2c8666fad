using Retort.Training.Data;
using Retort.Vision.Datasets;

namespace Retort.Training.Recipes;

/// <summary>A folder with <c>train/</c> and <c>test/</c>, each with a folder of JPEG or PNG images for every class.</summary>
public sealed record FolderDataOptions : StoredDataOptions
{
    /// <inheritdoc/>
    public override DataSplits Load(Action<string, int, int>? progress, CancellationToken cancel)
    {
        ImageDataset train = Read(DatasetSplit.Train, classes: null);
        // The order of the training classes gives the labels; a test split that has others is refused.
        return new DataSplits(train, Read(DatasetSplit.Test, train.Classes), Retort.Vision.Augmentation.Normalization.Measure(train));

        ImageDataset Read(DatasetSplit split, IReadOnlyList<string>? classes) => ImageFolder.Load(
            ImageFolder.FindSplit(Path, split),
            new ImageFolderOptions
            {
                Name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(Path)),
                Classes = classes,
                Progress = (done, total) => progress?.Invoke($"decoding the {(split == DatasetSplit.Train ? "training" : "test")} images", done, total),
            },
            cancel);
    }
}
