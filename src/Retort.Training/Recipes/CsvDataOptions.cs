using Retort.Vision.Datasets;

namespace Retort.Training.Recipes;

/// <summary>
/// A folder with a CSV file for each split, which names JPEG or PNG images in a column <c>path</c>, relative to the file's own folder, and their
/// classes in a column <c>label</c>.
/// </summary>
public sealed record CsvDataOptions : ImageFileDataOptions
{
    /// <summary>The training images' file in the folder. Default train.csv.</summary>
    public string Train { get; init; } = "train.csv";

    /// <summary>The test images' file in the folder. Default test.csv.</summary>
    public string Test { get; init; } = "test.csv";

    /// <inheritdoc/>
    public override ImageDataset Read(
        DatasetSplit split, IReadOnlyList<string>? classes, Action<string, int, int>? progress, CancellationToken cancel)
    {
        // Test images need not show every class: the labels are those of the training images also where only the former are read.
        if (classes is null && split == DatasetSplit.Test && File.Exists(ManifestOf(DatasetSplit.Training)))
            classes = ImageManifest.ReadClasses(ManifestOf(DatasetSplit.Training));
        return ImageManifest.Load(ManifestOf(split), Reading(split, classes, progress), cancel);
    }

    /// <inheritdoc/>
    public override DatasetOutline Outline()
    {
        DatasetOutline train = ImageManifest.Outline(ManifestOf(DatasetSplit.Training));
        RequireOneSize(train.Size, ImageManifest.Outline(ManifestOf(DatasetSplit.Test), train.Classes).Size);
        return train with { Size = Input ?? train.Size };
    }

    /// <inheritdoc/>
    internal override void RequireSplits()
    {
        if (File.Exists(ManifestOf(DatasetSplit.Training))) // else its reading says so
            ImageManifest.ReadClasses(ManifestOf(DatasetSplit.Test));
    }

    private string ManifestOf(DatasetSplit split) => System.IO.Path.Combine(Path, split == DatasetSplit.Training ? Train : Test);
}
