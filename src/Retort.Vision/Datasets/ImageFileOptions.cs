namespace Retort.Vision.Datasets;

/// <summary>How <see cref="ImageFolder.Load"/> and <see cref="ImageManifest.Load"/> read image files.</summary>
public sealed record ImageFileOptions
{
    /// <summary>The data set's name; null: that of the folder or file.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// Every image is scaled to cover this size and cut to it around its middle. Null (the default): images keep their size
    /// and must all have the same.
    /// </summary>
    public ImageSize? Size { get; init; }

    /// <summary>Whether images of different sizes are scaled to that of the first where no size is given; false (the default): they are refused.</summary>
    public bool ScalesToFirst { get; init; }

    /// <summary>Is told the sizes that the images have in their files, of those whose header could be read, on the calling thread.</summary>
    public Action<IReadOnlyList<ImageSize>>? OnSizes { get; init; }

    /// <summary>
    /// The class names to expect, in label order: those of the training split when a test split is read. Null (the default):
    /// whatever there are, in order.
    /// </summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>
    /// Leave out images that cannot be decoded, and tell <see cref="OnSkipped"/>; then all are decoded once before the load returns, also
    /// those that are streamed. False (the default): one such image fails the load; of images that are streamed only the headers are read,
    /// and one that proves damaged behind its header fails when it is reached.
    /// </summary>
    public bool SkipCorrupt { get; init; }

    /// <summary>Is told of every image left out, in the order of the files, on the calling thread. Needed with <see cref="SkipCorrupt"/>.</summary>
    public Action<SkippedImage>? OnSkipped { get; init; }

    /// <summary>Is told the images done and the images in all, on the calling thread, at most ten times a second and at the end.</summary>
    public Action<int, int>? Progress { get; init; }

    /// <summary>Decoding threads, ≥ 1, while the images are loaded and while they are streamed. Null (the default): one per processor.</summary>
    public int? Threads { get; init; }

    /// <summary>
    /// Whether a transform that cuts parts out of images, as <see cref="Augmentation.RandomResizedCrop"/> does, cuts them out of those in the files
    /// rather than out of what <see cref="Size"/> leaves of them. Images that are not all of that size are then streamed, however few there are.
    /// False (the default): the latter.
    /// </summary>
    public bool Whole { get; init; }

    /// <summary>
    /// Bytes that the decoded images may take, ≥ 0: more of them are streamed, which changes no bit of a batch. Null (the default): half of the
    /// memory that is free. No more than 2 GiB are ever held.
    /// </summary>
    public long? Memory { get; init; }
}
