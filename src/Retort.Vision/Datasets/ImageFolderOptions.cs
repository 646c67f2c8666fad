namespace Retort.Vision.Datasets;

/// <summary>How <see cref="ImageFolder.Load"/> reads.</summary>
public sealed record ImageFolderOptions
{
    /// <summary>The data set's name; null: the folder's name.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// Every image is scaled to cover this size and cut to it around its middle. Null (the default): images keep their size
    /// and must all have the same.
    /// </summary>
    public ImageSize? Size { get; init; }

    /// <summary>
    /// The class names to expect, in label order: those of the training split when a test split is read. Null (the default):
    /// whatever folders there are, in ordinal order.
    /// </summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>
    /// Leave out images that cannot be decoded, and tell <see cref="OnSkipped"/>. False (the default): one such image fails
    /// the load.
    /// </summary>
    public bool SkipCorrupt { get; init; }

    /// <summary>Is told of every image left out, in the order of the files, on the calling thread. Needed with <see cref="SkipCorrupt"/>.</summary>
    public Action<SkippedImage>? OnSkipped { get; init; }

    /// <summary>Is told the images done and the images in all, on the calling thread, at most ten times a second and at the end.</summary>
    public Action<int, int>? Progress { get; init; }

    /// <summary>Decoding threads, ≥ 1. Null (the default): one per processor.</summary>
    public int? Threads { get; init; }
}
