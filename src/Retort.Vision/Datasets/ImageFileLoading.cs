using Retort.Vision.Datasets.Decoding;

namespace Retort.Vision.Datasets;

/// <summary>
/// Makes a data set of a list of files: decoded into one block of memory where it is small enough, else streamed. What cannot be used is
/// found on the way: of streamed images the headers are read, or all of them decoded once where those that are corrupt are to be left out,
/// as how many images there are must be known before the first batch.
/// </summary>
internal sealed class ImageFileLoading
{
    private const int Named = 3; // files that an error names before it counts the rest

    private readonly ImageFileList _list;
    private readonly ImageFileOptions _options;
    private readonly int _threads;
    private readonly string?[] _reasons;
    private readonly ImageSize[] _sizes;

    private ImageFileLoading(ImageFileList list, ImageFileOptions options)
    {
        _list = list;
        _options = options;
        _threads = options.Threads ?? Environment.ProcessorCount;
        _reasons = new string?[list.Files.Length];
        _sizes = new ImageSize[list.Files.Length];
    }

    private string[] Files => _list.Files;

    private bool Scales => _options.Size is not null || _options.ScalesToFirst;

    /// <summary>Refuses options that contradict each other or are out of range.</summary>
    public static void Validate(ImageFileOptions options)
    {
        if (options.Threads is < 1) throw new ArgumentOutOfRangeException(nameof(options), options.Threads, "Threads must be at least 1.");
        if (options.Memory is < 0) throw new ArgumentOutOfRangeException(nameof(options), options.Memory, "Memory must be 0 or more bytes.");
        if (options is { SkipCorrupt: true, OnSkipped: null })
            throw new ArgumentException("SkipCorrupt needs OnSkipped: what is left out must be told to someone.", nameof(options));
        if (options.Size is { } size && (size.Width < 1 || size.Height < 1))
            throw new ArgumentOutOfRangeException(nameof(options), size, "Both sides of Size must be at least 1.");
    }

    /// <summary>Loads the images, on background threads; returns when all have been seen.</summary>
    /// <param name="list">Which.</param>
    /// <param name="options">How; validated.</param>
    /// <param name="cancel">Stops the loading.</param>
    /// <exception cref="DataException">An image cannot be used; the message names it.</exception>
    public static ImageDataset Load(ImageFileList list, ImageFileOptions options, CancellationToken cancel) =>
        new ImageFileLoading(list, options).Load(cancel);

    private ImageDataset Load(CancellationToken cancel)
    {
        var size = _options.Size ?? FirstSize();
        ImagePixels? pixels = size.Width > 0 ? Read(size, cancel) : null; // none where no image can be read at all

        SkippedImage[] failures =
            [.. Enumerable.Range(0, Files.Length).Where(i => _reasons[i] is not null).Select(i => new SkippedImage(Files[i], _reasons[i]!))];
        if (!Scales) RequireOneSize();
        _options.OnSizes?.Invoke([.. _sizes.Where(own => own.Width > 0)]);
        if (failures.Length > 0) Report(failures);
        if (pixels is null || failures.Length == Files.Length)
        {
            throw new DataException(
                $"Data set '{_list.Name}': none of the {Files.Length} images can be read ('{Files[0]}': {_reasons[0]}); replace them.");
        }

        var whole = new ImageDataset(_list.Name, _list.Classes, size, pixels, _list.Labels, i => Files[i]);
        return failures.Length == 0 ? whole : whole.Subset(_list.Name, Kept());
    }

    private ImagePixels Read(ImageSize size, CancellationToken cancel)
    {
        bool fits = size.RgbBytes * Files.Length <= Math.Min(_options.Memory ?? ImageMemory.Default(), Array.MaxLength);
        if (fits && !_options.Whole) return Decode(size, cancel);
        Check(size, cancel);
        bool cut = _options.Whole && _sizes.Any(own => own.Width > 0 && own != size);
        return fits && !cut ? Decode(size, cancel) : new FilePixels(_list.Name, Files, size, Scales, cut, _threads);
    }

    private ImageSize FirstSize()
    {
        var reader = new ImageFileReader();
        for (var i = 0; i < Files.Length; i++)
        {
            _reasons[i] = reader.Probe(Files[i], out var size);
            if (_reasons[i] is null) return size;
        }

        return default;
    }

    private MemoryPixels Decode(ImageSize size, CancellationToken cancel)
    {
        var length = (int)size.RgbBytes;
        var pixels = MemoryPixels.Allocate(_list.Name, size, Files.Length);
        Visit(
            (i, reader) => _reasons[i] = reader.Decode(Files[i], size, Scales, pixels.AsSpan(i * length, length), out _sizes[i]),
            cancel);
        return new MemoryPixels(pixels, size);
    }

    private void Check(ImageSize size, CancellationToken cancel) => Visit(
        (i, reader) => _reasons[i] = _options.SkipCorrupt
            ? reader.Decode(Files[i], size, Scales, reader.Image((int)size.RgbBytes), out _sizes[i])
            : reader.Probe(Files[i], out _sizes[i]),
        cancel);

    private void Visit(Action<int, ImageFileReader> visit, CancellationToken cancel) =>
        ReadingThreads.ForEach(Files.Length, _threads, visit, _options.Progress, cancel);

    private void RequireOneSize()
    {
        var first = Array.FindIndex(_sizes, size => size.Width > 0);
        for (var i = first + 1; first >= 0 && i < Files.Length; i++)
        {
            if (_sizes[i].Width == 0 || _sizes[i] == _sizes[first]) continue;
            throw new DataException(
                $"Data set '{_list.Name}': '{Files[first]}' has {_sizes[first]} pixels and '{Files[i]}' has {_sizes[i]}; "
                + "give a size to which all are scaled (data.size in a recipe).");
        }
    }

    private int[] Kept()
    {
        int[] kept = [.. Enumerable.Range(0, Files.Length).Where(i => _reasons[i] is null)];
        var all = _list.Labels.Distinct();
        if (all.Except(kept.Select(i => _list.Labels[i])).Select(label => _list.Classes[label]).FirstOrDefault() is { } lost)
            throw new DataException($"Data set '{_list.Name}': none of the images of class '{lost}' can be read; replace them or remove the class.");
        return kept;
    }

    private void Report(SkippedImage[] failures)
    {
        if (!_options.SkipCorrupt)
        {
            var named = string.Join("; ", failures.Take(Named).Select(failure => $"'{failure.Path}': {failure.Reason.TrimEnd('.')}"));
            var more = failures.Length > Named ? $"; and {failures.Length - Named} more" : "";
            throw new DataException(
                $"{failures.Length} of the {Files.Length} images in '{_list.Place}' cannot be read ({named}{more}); replace or remove them, or skip corrupt images.");
        }

        foreach (var failure in failures) _options.OnSkipped!(failure);
    }
}
