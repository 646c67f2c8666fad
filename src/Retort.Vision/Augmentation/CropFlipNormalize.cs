using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Retort.Vision.Datasets;

namespace Retort.Vision.Augmentation;

/// <summary>
/// Pad with black, cut a random window, flip at random, and normalise: from the bytes of an image to floats in one pass, as
/// torchvision's RandomCrop(padding), RandomHorizontalFlip, ToTensor and Normalize do one after another. Padded pixels are
/// black before normalisation, so they become −mean / deviation.
/// </summary>
/// <remarks>
/// What happens to an image is a function of (seed, epoch, sample index) alone. Safe to use from any number of threads;
/// nothing is allocated per image. The window is as large as the image unless a size is given.
/// </remarks>
public sealed class CropFlipNormalize : ImageTransform
{
    private const int Strip = 256; // pixels of a row that are worked on at a time
    private const int Period = 24; // least common multiple of 3 channels and 8 lanes

    private readonly CropFlipOptions? _options;
    private readonly float[] _scale = new float[Period]; // r, g, b, r, g, b, ...
    private readonly float[] _offset = new float[Period];
    private readonly float[][] _tables = [new float[256], new float[256], new float[256]];

    /// <summary>For training.</summary>
    /// <param name="normalization">Mean and deviation.</param>
    /// <param name="options">What is varied.</param>
    /// <param name="order">How the floats lie.</param>
    /// <param name="size">Size of the window; null: that of each image.</param>
    public CropFlipNormalize(
        Normalization normalization, CropFlipOptions options, PixelOrder order = PixelOrder.ChannelsLast, ImageSize? size = null)
        : this(normalization, order, size)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Padding < 0)
            throw new ArgumentOutOfRangeException(nameof(options), options.Padding, "Padding must be 0 or more pixels.");
        _options = options;
    }

    private CropFlipNormalize(Normalization normalization, PixelOrder order, ImageSize? size)
    {
        ArgumentNullException.ThrowIfNull(normalization);
        Normalization = normalization;
        Order = order;
        Size = size;

        // x · scale + offset, with both steps rounded: the same bits from the table and from vectors of any width.
        for (var i = 0; i < Period; i++)
        {
            double deviation = normalization.Deviation[i % 3];
            _scale[i] = (float)(1 / (255 * deviation));
            _offset[i] = (float)(-normalization.Mean[i % 3] / deviation);
        }

        for (var c = 0; c < 3; c++)
            for (var x = 0; x < 256; x++) _tables[c][x] = (x * _scale[c]) + _offset[c];
    }

    /// <summary>Mean and deviation.</summary>
    public Normalization Normalization { get; }

    /// <inheritdoc/>
    public override PixelOrder Order { get; }

    /// <inheritdoc/>
    public override ImageSize? Size { get; }

    /// <summary>For evaluation: the image as it is, or its middle, normalised.</summary>
    /// <param name="normalization">Mean and deviation.</param>
    /// <param name="order">How the floats lie.</param>
    /// <param name="size">Size of the middle; null: the whole image.</param>
    public static CropFlipNormalize Evaluation(
        Normalization normalization, PixelOrder order = PixelOrder.ChannelsLast, ImageSize? size = null) => new(normalization, order, size);

    /// <inheritdoc/>
    public override void Apply(ReadOnlySpan<byte> source, ImageSize size, int epoch, int index, Span<float> target)
    {
        var to = Size ?? size;
        if (source.Length != size.RgbBytes || target.Length != to.RgbBytes)
        {
            throw new ArgumentException(
                $"An image of {size} has {size.RgbBytes} values and becomes {to.RgbBytes}; the source has {source.Length}, the target {target.Length}.");
        }

        var (left, top, flip) = Choose(epoch, index, size);
        Span<byte> strip = stackalloc byte[Strip * 3];
        for (var y = 0; y < to.Height; y++)
        {
            var row = Row(source, size, y + top);
            for (var x = 0; x < to.Width; x += Strip)
            {
                var pixels = strip[..(Math.Min(Strip, to.Width - x) * 3)];
                Gather(row, size.Width, to.Width, x, left, flip, pixels);
                if (Order == PixelOrder.ChannelsLast) WriteInterleaved(pixels, target.Slice(((y * to.Width) + x) * 3, pixels.Length));
                else WritePlanes(pixels, target, to.Width * to.Height, (y * to.Width) + x);
            }
        }
    }

    /// <summary>The window's bytes, [height, width, 3], as <see cref="Apply"/> normalises them.</summary>
    internal void Cut(ReadOnlySpan<byte> source, ImageSize size, int epoch, int index, Span<byte> target)
    {
        var to = Size ?? size;
        var (left, top, flip) = Choose(epoch, index, size);
        for (var y = 0; y < to.Height; y++)
            Gather(Row(source, size, y + top), size.Width, to.Width, 0, left, flip, target.Slice(y * to.Width * 3, to.Width * 3));
    }

    /// <summary>Where the window lies relative to an image of the window's size, and whether it is mirrored.</summary>
    internal (int Left, int Top, bool Flip) Choose(int epoch, int index) => Choose(epoch, index, Size ?? default);

    private (int Left, int Top, bool Flip) Choose(int epoch, int index, ImageSize from)
    {
        var to = Size ?? from;
        int width = from.Width - to.Width, height = from.Height - to.Height;
        if (_options is null) return (width / 2, height / 2, false);
        var random = new CounterRandom(_options.Seed, RandomPurpose.Augmentation, epoch, index);
        var top = random.Next(Math.Max(0, height + (2 * _options.Padding)) + 1) - _options.Padding;
        var left = random.Next(Math.Max(0, width + (2 * _options.Padding)) + 1) - _options.Padding;
        return (left, top, _options.Flip && random.Chance(0.5));
    }

    private static ReadOnlySpan<byte> Row(ReadOnlySpan<byte> source, ImageSize size, int y) =>
        (uint)y < (uint)size.Height ? source.Slice(y * size.Width * 3, size.Width * 3) : [];

    /// <summary>Copies pixels start, start + 1, ... of the cut (and mirrored) row; black where the window leaves the image.</summary>
    private static void Gather(ReadOnlySpan<byte> row, int width, int window, int start, int left, bool flip, Span<byte> pixels)
    {
        var count = pixels.Length / 3;
        // The source column of the first pixel in memory order: mirroring reads the same stretch from its other end.
        var first = left + (flip ? window - start - count : start);
        var from = Math.Clamp(-first, 0, count);
        var to = row.IsEmpty ? from : Math.Clamp(width - first, from, count);
        if (to - from < count) pixels.Clear();
        if (to == from) return;

        var inside = row.Slice((first + from) * 3, (to - from) * 3);
        if (!flip)
        {
            inside.CopyTo(pixels[(from * 3)..]);
            return;
        }

        var mirrored = pixels.Slice((count - to) * 3, inside.Length);
        for (int i = 0, j = inside.Length - 3; j >= 0; i += 3, j -= 3)
        {
            mirrored[i] = inside[j];
            mirrored[i + 1] = inside[j + 1];
            mirrored[i + 2] = inside[j + 2];
        }
    }

    private void WriteInterleaved(ReadOnlySpan<byte> pixels, Span<float> target)
    {
        var done = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            Vector256<float> scale0 = Vector256.Create(_scale, 0), scale1 = Vector256.Create(_scale, 8), scale2 = Vector256.Create(_scale, 16);
            Vector256<float> offset0 = Vector256.Create(_offset, 0), offset1 = Vector256.Create(_offset, 8), offset2 = Vector256.Create(_offset, 16);
            for (; done + Period <= pixels.Length; done += Period)
            {
                var from = pixels.Slice(done, Period);
                var to = target.Slice(done, Period);
                ((Widen(from) * scale0) + offset0).CopyTo(to);
                ((Widen(from[8..]) * scale1) + offset1).CopyTo(to[8..]);
                ((Widen(from[16..]) * scale2) + offset2).CopyTo(to[16..]);
            }
        }

        for (; done < pixels.Length; done++) target[done] = _tables[done % 3][pixels[done]];
    }

    private static Vector256<float> Widen(ReadOnlySpan<byte> eight)
    {
        var wide = Vector128.WidenLower(Vector128.CreateScalarUnsafe(MemoryMarshal.Read<ulong>(eight)).AsByte());
        return Vector256.ConvertToSingle(Vector256.Create(Vector128.WidenLower(wide), Vector128.WidenUpper(wide)).AsInt32());
    }

    private void WritePlanes(ReadOnlySpan<byte> pixels, Span<float> target, int plane, int start)
    {
        for (var c = 0; c < 3; c++)
        {
            var table = _tables[c];
            var part = target.Slice((c * plane) + start, pixels.Length / 3);
            for (int i = 0, j = c; i < part.Length; i++, j += 3) part[i] = table[pixels[j]];
        }
    }
}
