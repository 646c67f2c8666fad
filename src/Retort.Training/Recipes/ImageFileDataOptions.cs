using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;
using Retort.Vision.Datasets;

namespace Retort.Training.Recipes;

/// <summary>
/// JPEG or PNG files, of any number: held in memory where they fit, else decoded anew in each epoch, with the same results. Those of which
/// 'augment.resized_crop' takes parts are decoded anew where they have other sizes than 'resize'.
/// </summary>
public abstract record ImageFileDataOptions : StoredDataOptions, IValidatableOptions
{
    /// <summary>Height and width that networks see, in pixels: the middle of each image, in training a random part. Default: those of the images.</summary>
    [Range(1, 4096)]
    public int? Size { get; init; }

    /// <summary>
    /// Height and width to which each image is scaled when it is read, in pixels; what overhangs is cut off. Default: 'size'; where there
    /// is none either, all images must have the same. Random parts ('augment.resized_crop') are of the images as they were before.
    /// </summary>
    [Range(1, 4096)]
    public int? Resize { get; init; }

    /// <summary>
    /// Most MiB that the decoded images of a split may take in memory; larger splits are streamed, as are all with 0. It changes no result.
    /// Default: half of the memory that is free, 2047 at most.
    /// </summary>
    [Range(0, 2047)]
    public int? MemoryMib { get; init; }

    /// <summary>Threads that decode images; 0 means all cores. It changes no result. Default 0.</summary>
    [Range(0, 1024)]
    public int DecodeThreads { get; init; }

    /// <inheritdoc/>
    internal override ImageSize? Input => Size is { } side ? ImageSize.Square(side) : null;

    /// <inheritdoc/>
    internal override DataOptions Content => this with { MemoryMib = null, DecodeThreads = 0 };

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (Resize < Size)
            yield return new(nameof(Resize), $"is {Resize}, but must be at least 'size', {Size}");
    }

    /// <summary>How the files of a split are read.</summary>
    /// <inheritdoc cref="DataOptions.Read"/>
    private protected ImageFileOptions Reading(DatasetSplit split, IReadOnlyList<string>? classes, Action<string, int, int>? progress) => new()
    {
        Name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(Path)),
        Classes = classes,
        Size = (Resize ?? Size) is { } stored ? ImageSize.Square(stored) : null,
        Whole = split == DatasetSplit.Training && Augment.ResizedCrop is not null,
        Memory = (long?)MemoryMib << 20,
        Threads = DecodeThreads > 0 ? DecodeThreads : null,
        SkipCorrupt = OnSkipped is not null,
        OnSkipped = OnSkipped,
        ScalesToFirst = OnSizes is not null,
        OnSizes = OnSizes,
        Progress = (done, total) => progress?.Invoke($"reading the {(split == DatasetSplit.Training ? "training" : "test")} images", done, total),
    };
}
