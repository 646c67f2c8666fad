using Retort.Vision.Datasets.Decoding;

namespace Retort.Vision.Datasets;

/// <summary>
/// Labelled images of one size: 8-bit RGB, rows top to bottom, channels last ([height, width, 3]). They are held decoded in memory, or
/// streamed: left in their files, and decoded whenever they are read. Immutable, and safe to read from any number of threads.
/// </summary>
public sealed class ImageDataset
{
    private readonly ImagePixels _pixels;
    private readonly int[] _labels;
    private readonly Func<int, string>? _sources;

    /// <summary>Takes over the arrays; the caller does not change them afterwards.</summary>
    /// <param name="name">What the data set is called in reports and errors.</param>
    /// <param name="classes">Class names; the index is the label.</param>
    /// <param name="size">The size of every image.</param>
    /// <param name="pixels">All images one after another, [count, height, width, 3].</param>
    /// <param name="labels">One label per image.</param>
    /// <param name="source">Names an image by its index for errors (a file, a record); null: the data set's name and the index.</param>
    /// <exception cref="DataException">The arrays do not fit together, or a label has no class.</exception>
    public ImageDataset(
        string name, IReadOnlyList<string> classes, ImageSize size, byte[] pixels, int[] labels, Func<int, string>? source = null)
        : this(name, classes, size, Block(name, size, pixels, labels), labels, source)
    {
    }

    internal ImageDataset(
        string name, IReadOnlyList<string> classes, ImageSize size, ImagePixels pixels, int[] labels, Func<int, string>? source)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(classes);
        for (var i = 0; i < labels.Length; i++)
        {
            if ((uint)labels[i] >= (uint)classes.Count)
            {
                throw new DataException(
                    $"Data set '{name}': image {i} has label {labels[i]}, and the {classes.Count} classes have labels 0 to {classes.Count - 1}.");
            }
        }

        Name = name;
        Classes = [.. classes];
        Size = size;
        _pixels = pixels;
        _labels = labels;
        _sources = source;
    }

    /// <summary>What the data set is called in reports and errors.</summary>
    public string Name { get; }

    /// <summary>Number of images.</summary>
    public int Count => _labels.Length;

    /// <summary>Class names; the index is the label.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>The size of every image.</summary>
    public ImageSize Size { get; }

    /// <summary>Pixels of a row.</summary>
    public int Width => Size.Width;

    /// <summary>Rows of an image.</summary>
    public int Height => Size.Height;

    /// <summary>Whether the images stay in their files and are decoded whenever they are read.</summary>
    public bool IsStreamed => _pixels is FilePixels;

    /// <summary>Whether a transform that asks for it sees images as large as they are in their files: <see cref="ImageFileOptions.Whole"/>.</summary>
    public bool IsWhole => _pixels is FilePixels { Whole: true };

    /// <summary>Bytes that all images take decoded.</summary>
    public long DecodedBytes => Size.RgbBytes * Count;

    /// <summary>How many threads it takes to read batches in time; 1 for images in memory.</summary>
    public int Threads => _pixels.Threads;

    /// <summary>All labels, by image.</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <summary>An image's bytes, [height, width, 3]; decoded for this call where images are streamed.</summary>
    /// <exception cref="DataException">An image that is streamed cannot be read.</exception>
    public ReadOnlySpan<byte> Pixels(int index) => Read(index, new ImageFileReader());

    /// <summary>The same, in the reader's buffer where images are streamed: the next image that it reads overwrites it.</summary>
    internal ReadOnlySpan<byte> Read(int index, ImageFileReader reader)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_labels.Length, nameof(index));
        return _pixels.Read(index, reader);
    }

    /// <summary>An image as large as it is in its file where <see cref="IsWhole"/>, else as <see cref="Read"/> gives it.</summary>
    internal ReadOnlySpan<byte> ReadWhole(int index, ImageFileReader reader, out ImageSize size)
    {
        if (_pixels is FilePixels { Whole: true } files) return files.ReadWhole(index, reader, out size);
        size = Size;
        return Read(index, reader);
    }

    /// <summary>An image's label, 0 ≤ label &lt; <see cref="Classes"/>.Count.</summary>
    public int Label(int index) => _labels[index];

    /// <summary>Where an image came from, for errors and reports: a file, or a record of a file.</summary>
    public string Source(int index) => _sources?.Invoke(index) ?? $"{Name}[{index}]";

    /// <summary>The images at the indices given, in that order, for a development split or a quick run; copied where they are in memory.</summary>
    /// <param name="name">The name of the new data set.</param>
    /// <param name="indices">Indices into this one; each may come more than once.</param>
    public ImageDataset Subset(string name, ReadOnlySpan<int> indices)
    {
        var kept = indices.ToArray();
        var labels = new int[kept.Length];
        for (var i = 0; i < kept.Length; i++) labels[i] = _labels[kept[i]];
        return new ImageDataset(name, Classes, Size, _pixels.Subset(name, kept), labels, i => Source(kept[i]));
    }

    /// <summary>The same images, labelled by another order of the same classes, as the network has that is to see them; the pixels are shared.</summary>
    /// <param name="classes">The names, in label order.</param>
    /// <exception cref="DataException">They are not this data set's.</exception>
    public ImageDataset InOrder(IReadOnlyList<string> classes)
    {
        if (Classes.SequenceEqual(classes))
            return this;
        Dictionary<string, int> numbers = classes.Select((name, label) => KeyValuePair.Create(name, label)).ToDictionary();
        if (numbers.Count != Classes.Count || Classes.FirstOrDefault(name => !numbers.ContainsKey(name)) is not null)
            throw new DataException($"Data set '{Name}' has other classes than {string.Join(", ", classes)}.");
        return new ImageDataset(Name, classes, Size, _pixels, [.. _labels.Select(label => numbers[Classes[label]])], _sources);
    }

    private static MemoryPixels Block(string name, ImageSize size, byte[] pixels, int[] labels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentNullException.ThrowIfNull(labels);
        if (size.Width < 1 || size.Height < 1)
            throw new DataException($"Data set '{name}': images of {size} pixels do not exist; both sides must be at least 1.");
        if (pixels.LongLength != size.RgbBytes * labels.Length)
        {
            throw new DataException(
                $"Data set '{name}': {labels.Length} images of {size} take {size.RgbBytes * labels.Length} bytes, and {pixels.LongLength} were given.");
        }

        return new MemoryPixels(pixels, size);
    }
}
