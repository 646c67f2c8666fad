using Retort.Vision.Datasets.Decoding;

namespace Retort.Vision.Datasets;

/// <summary>Decodes a list of files into one block of pixels. The calling thread only waits and reports progress.</summary>
internal sealed class ImageFolderDecoding(string name, string[] files, ImageFolderOptions options)
{
    private const long MaxFileBytes = 1L << 28;
    private readonly string?[] _reasons = new string?[files.Length];
    private readonly ImageSize[] _sizes = new ImageSize[files.Length];
    private ImageSize _size;
    private byte[] _pixels = [];
    private int _done;

    /// <summary>The files that cannot be used, in the order of the files.</summary>
    public List<SkippedImage> Failures { get; } = [];

    public ImageFolderDecoding Run(CancellationToken cancel)
    {
        var scratch = new Scratch();
        _size = options.Size ?? FirstSize(scratch);
        if (_size.Width > 0)
        {
            _pixels = ImageDataset.AllocatePixels(name, _size, files.Length);
            DecodeAll(cancel);
        }

        for (var i = 0; i < files.Length; i++)
            if (_reasons[i] is { } reason) Failures.Add(new SkippedImage(files[i], reason));
        if (options.Size is null) RequireOneSize();
        return this;
    }

    /// <summary>The images that were decoded, closed up where others were left out.</summary>
    public ImageDataset ToDataset(string[] classes, int[] labels)
    {
        if (Failures.Count == files.Length)
            throw new DataException($"Data set '{name}': none of the {files.Length} images can be read ('{files[0]}': {_reasons[0]}); replace them.");
        if (Failures.Count == 0) return new ImageDataset(name, classes, _size, _pixels, labels, i => files[i]);

        int[] kept = [.. Enumerable.Range(0, files.Length).Where(i => _reasons[i] is null)];
        var lost = Enumerable.Range(0, classes.Length).Except(kept.Select(i => labels[i])).Select(label => classes[label]).FirstOrDefault();
        if (lost is not null)
            throw new DataException($"Data set '{name}': none of the images of class '{lost}' can be read; replace them or remove the class folder.");
        return new ImageDataset(name, classes, _size, _pixels, labels, i => files[i]).Subset(name, kept);
    }

    private ImageSize FirstSize(Scratch scratch)
    {
        for (var i = 0; i < files.Length; i++)
        {
            ImageSize size = default;
            _reasons[i] = scratch.Read(files[i]) ?? ImageDecoder.TryProbe(scratch.File, out size);
            if (_reasons[i] is null) return size;
        }

        return default;
    }

    private void DecodeAll(CancellationToken cancel)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Threads ?? Environment.ProcessorCount, CancellationToken = cancel };
        var work = Task.Factory.StartNew(
            () => Parallel.For(0, files.Length, parallel, () => new Scratch(), DecodeOne, _ => { }),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (!((IAsyncResult)work).AsyncWaitHandle.WaitOne(100)) options.Progress?.Invoke(Volatile.Read(ref _done), files.Length);
        work.GetAwaiter().GetResult(); // rethrows the cancellation, or what a thread threw
        options.Progress?.Invoke(files.Length, files.Length);
    }

    private Scratch DecodeOne(int index, ParallelLoopState state, Scratch scratch)
    {
        _reasons[index] = Decode(index, scratch);
        Interlocked.Increment(ref _done);
        return scratch;
    }

    private string? Decode(int index, Scratch scratch)
    {
        if (scratch.Read(files[index]) is { } unreadable) return unreadable;
        if (ImageDecoder.TryProbe(scratch.File, out var size) is { } noImage) return noImage;
        _sizes[index] = size;
        var target = _pixels.AsSpan(checked((int)(index * _size.RgbBytes)), (int)_size.RgbBytes);
        if (size == _size) return ImageDecoder.TryDecode(scratch.File, size, target);
        if (options.Size is null) return null; // refused for all together when every size is known
        if (size.RgbBytes > Array.MaxLength) return $"{size} pixels are too many to resize";
        var whole = scratch.Pixels((int)size.RgbBytes);
        if (ImageDecoder.TryDecode(scratch.File, size, whole) is { } damaged) return damaged;
        scratch.Resizer.Resize(whole, size, target, _size);
        return null;
    }

    private void RequireOneSize()
    {
        var first = Array.FindIndex(_sizes, size => size.Width > 0);
        for (var i = first + 1; first >= 0 && i < files.Length; i++)
        {
            if (_sizes[i].Width == 0 || _sizes[i] == _sizes[first]) continue;
            throw new DataException(
                $"Data set '{name}': '{files[first]}' has {_sizes[first]} pixels and '{files[i]}' has {_sizes[i]}; "
                + "give an image size to which all are scaled.");
        }
    }

    /// <summary>What one decoding thread keeps from file to file.</summary>
    private sealed class Scratch
    {
        private byte[] _file = [];
        private byte[] _pixels = [];
        private int _length;

        public ImageResizer Resizer { get; } = new();

        public ReadOnlySpan<byte> File => _file.AsSpan(0, _length);

        public Span<byte> Pixels(int bytes)
        {
            if (_pixels.Length < bytes) _pixels = GC.AllocateUninitializedArray<byte>(bytes);
            return _pixels.AsSpan(0, bytes);
        }

        /// <summary>Reads a whole file into <see cref="File"/>; returns the reason when that fails.</summary>
        public string? Read(string path)
        {
            try
            {
                using var handle = System.IO.File.OpenHandle(path, options: FileOptions.SequentialScan);
                var length = RandomAccess.GetLength(handle);
                if (length == 0) return "the file is empty";
                if (length > MaxFileBytes) return $"the file has {length} bytes, and {MaxFileBytes} is the most for an image";
                if (_file.Length < length) _file = GC.AllocateUninitializedArray<byte>((int)Math.Max(length, 1 << 16));
                _length = 0;
                while (_length < length)
                {
                    var read = RandomAccess.Read(handle, _file.AsSpan(_length, (int)length - _length), _length);
                    if (read == 0) return "the file became shorter while it was read";
                    _length += read;
                }

                return null;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return exception.Message.TrimEnd('.');
            }
        }
    }
}
