using Retort.Vision.Datasets.Decoding;

namespace Retort.Vision.Datasets;

/// <summary>Where the pixels of a data set's images come from. Safe to read from any number of threads, each with a reader of its own.</summary>
internal abstract class ImagePixels
{
    /// <summary>How many threads it takes to read batches in time.</summary>
    public abstract int Threads { get; }

    /// <summary>An image's bytes, [height, width, 3]; may lie in the reader's buffer, where the next image overwrites them.</summary>
    /// <exception cref="DataException">The image cannot be read.</exception>
    public abstract ReadOnlySpan<byte> Read(int index, ImageFileReader reader);

    /// <summary>The images at some indices, in that order.</summary>
    /// <param name="name">What the new data set is called in errors.</param>
    /// <param name="indices">Which; each may come more than once.</param>
    public abstract ImagePixels Subset(string name, ReadOnlySpan<int> indices);
}
