using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;
using Retort.Vision.Datasets;

namespace Retort.Training.Recipes;

/// <summary>A folder with <c>train/</c> and <c>test/</c>, each with a folder of JPEG or PNG images for every class.</summary>
public sealed record FolderDataOptions : StoredDataOptions, IValidatableOptions
{
    /// <summary>Height and width that networks see, in pixels: the middle of each image, in training a random part. Default: those of the images.</summary>
    [Range(1, 4096)]
    public int? Size { get; init; }

    /// <summary>
    /// Height and width to which each image is scaled when it is read, in pixels; what overhangs is cut off. Default: 'size'; where there
    /// is none either, all images must have the same.
    /// </summary>
    [Range(1, 4096)]
    public int? Resize { get; init; }

    /// <inheritdoc/>
    internal override ImageSize? Input => Size is { } side ? ImageSize.Square(side) : null;

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (Resize < Size)
            yield return new(nameof(Resize), $"is {Resize}, but must be at least 'size', {Size}");
    }

    /// <inheritdoc/>
    public override ImageDataset Read(
        DatasetSplit split, IReadOnlyList<string>? classes, Action<string, int, int>? progress, CancellationToken cancel) =>
        ImageFolder.Load(
            ImageFolder.FindSplit(Path, split),
            new ImageFolderOptions
            {
                Name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(Path)),
                Classes = classes,
                Size = (Resize ?? Size) is { } stored ? ImageSize.Square(stored) : null,
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
        return train with { Size = Input ?? train.Size };
    }
}
