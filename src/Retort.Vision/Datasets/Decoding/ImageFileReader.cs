namespace Retort.Vision.Datasets.Decoding;

/// <summary>Reads and decodes one image file after another in buffers that it keeps. One instance serves one thread.</summary>
internal sealed class ImageFileReader
{
    private const long MostBytes = 1L << 28;
    private const long HeaderBytes = 1L << 16;

    private readonly ImageResizer _resizer = new();
    private byte[] _file = [];
    private byte[] _whole = [];
    private byte[] _image = [];
    private int _length;

    private ReadOnlySpan<byte> Content => _file.AsSpan(0, _length);

    /// <summary>Room for an image as a data set gives it; the same at every call.</summary>
    public Span<byte> Image(int bytes) => Room(ref _image, bytes);

    /// <summary>Reads an image's size from its header, and no more of the file than that takes.</summary>
    /// <returns>Null, or the reason why it cannot be read.</returns>
    public string? Probe(string path, out ImageSize size)
    {
        size = default;
        if (Read(path, HeaderBytes) is { } unreadable) return unreadable;
        if (ImageDecoder.TryProbe(Content, out size) is not { } reason) return null;
        if (_length < HeaderBytes) return reason;
        return Read(path, MostBytes) ?? ImageDecoder.TryProbe(Content, out size); // cameras put previews before the size
    }

    /// <summary>Decodes an image, and scales and cuts it to a size.</summary>
    /// <param name="path">The file.</param>
    /// <param name="to">The size wanted.</param>
    /// <param name="scales">Whether an image of another size is scaled; otherwise it is refused.</param>
    /// <param name="target">[height, width, 3] of the size wanted.</param>
    /// <param name="size">The image's own size, where its header could be read.</param>
    /// <returns>Null, or the reason why it cannot be used.</returns>
    public string? Decode(string path, ImageSize to, bool scales, Span<byte> target, out ImageSize size)
    {
        if (Open(path, out size) is { } noImage) return noImage;
        if (size == to) return ImageDecoder.TryDecode(Content, size, target);
        if (!scales) return $"it has {size} pixels, and {to} were expected";
        if (DecodeOpen(size, out var whole) is { } damaged) return damaged;
        _resizer.Resize(whole, size, target, to);
        return null;
    }

    /// <summary>Decodes an image as it is.</summary>
    /// <param name="path">The file.</param>
    /// <param name="pixels">[height, width, 3], until the next image is decoded.</param>
    /// <param name="size">The image's size, where its header could be read.</param>
    /// <returns>Null, or the reason why it cannot be used.</returns>
    public string? Decode(string path, out ReadOnlySpan<byte> pixels, out ImageSize size)
    {
        pixels = default;
        return Open(path, out size) ?? DecodeOpen(size, out pixels);
    }

    private string? Open(string path, out ImageSize size)
    {
        size = default;
        return Read(path, MostBytes) ?? ImageDecoder.TryProbe(Content, out size);
    }

    private string? DecodeOpen(ImageSize size, out ReadOnlySpan<byte> pixels)
    {
        pixels = default;
        if (size.RgbBytes > Array.MaxLength) return $"{size} pixels are too many to resize";
        var whole = Room(ref _whole, (int)size.RgbBytes);
        pixels = whole;
        return ImageDecoder.TryDecode(Content, size, whole);
    }

    /// <summary>Reads a file from its beginning into <see cref="Content"/>; returns the reason when that fails.</summary>
    private string? Read(string path, long most)
    {
        try
        {
            using var handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
            var length = RandomAccess.GetLength(handle);
            if (length == 0) return "the file is empty";
            if (length > MostBytes) return $"the file has {length} bytes, and {MostBytes} is the most for an image";
            length = Math.Min(length, most);
            if (_file.Length < length) _file = GC.AllocateUninitializedArray<byte>((int)Math.Max(length, HeaderBytes));
            _length = 0;
            while (_length < length)
            {
                var read = RandomAccess.Read(handle, _file.AsSpan(_length, (int)length - _length), _length);
                if (read == 0) return "the file became shorter while it was read";
                _length += read;
            }

            return null;
        }
        catch (FileNotFoundException) when (path.Contains('\uFFFD', StringComparison.Ordinal))
        {
            return "its name is not UTF-8"; // which .NET cannot ask for
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message.TrimEnd('.');
        }
    }

    private static Span<byte> Room(ref byte[] buffer, int bytes)
    {
        if (buffer.Length < bytes) buffer = GC.AllocateUninitializedArray<byte>(bytes);
        return buffer.AsSpan(0, bytes);
    }
}
