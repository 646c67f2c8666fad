using Retort.Vision.Datasets;
using Retort.Vision.Datasets.Decoding;

namespace Retort.Vision.Augmentation;

/// <summary>
/// The training transform, in the usual order: crop, mirror, colour jitter, RandAugment, normalise, erase. With crop and mirror alone it
/// is <see cref="CropFlipNormalize"/> to the bit.
/// </summary>
/// <remarks>Safe to use from any number of threads, which keep a buffer each; nothing is allocated per image.</remarks>
public sealed class AugmentedTransform : ImageTransform
{
    private const double Half = 0.5; // of the images are mirrored

    [ThreadStatic]
    private static Scratch? _scratch;

    private readonly AugmentationOptions _options;
    private readonly CropFlipNormalize _cropFlip;
    private readonly CropFlipNormalize _normalize;
    private readonly RandomResizedCrop? _resizedCrop;
    private readonly RandAugment? _randAugment;
    private readonly RandomErasing? _erasing;

    /// <summary>Makes the transform.</summary>
    /// <param name="normalization">Mean and deviation; the mean is also what rotations and shifts show beyond the image.</param>
    /// <param name="options">What is varied.</param>
    /// <param name="size">Size of the result; null: that of each image.</param>
    /// <param name="order">How the floats lie.</param>
    public AugmentedTransform(
        Normalization normalization, AugmentationOptions options, ImageSize? size = null, PixelOrder order = PixelOrder.ChannelsLast)
    {
        ArgumentNullException.ThrowIfNull(normalization);
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _cropFlip = new CropFlipNormalize(normalization, options.CropFlip with { Seed = options.Seed }, order, size);
        _normalize = CropFlipNormalize.Evaluation(normalization, order);
        _resizedCrop = options.ResizedCrop is { } part ? new RandomResizedCrop(part) : null;
        byte[] fill = [.. normalization.Mean.Select(mean => (byte)Math.Clamp(Math.Round(255 * mean), 0, 255))];
        _randAugment = options.RandAugment is { } operations ? new RandAugment(operations, fill) : null;
        _erasing = options.Erasing is { } erasing ? new RandomErasing(erasing, order) : null;
    }

    /// <inheritdoc/>
    public override PixelOrder Order => _cropFlip.Order;

    /// <inheritdoc/>
    public override ImageSize? Size => _cropFlip.Size;

    /// <inheritdoc/>
    public override bool TakesWholeImages => _resizedCrop is not null;

    /// <inheritdoc/>
    public override void Apply(ReadOnlySpan<byte> source, ImageSize size, int epoch, int index, Span<float> target)
    {
        if (_options.Variants > 0)
            epoch %= _options.Variants;
        ImageSize to = Size ?? size;
        if (_resizedCrop is null && _randAugment is null && _options.ColorJitter == 0)
            _cropFlip.Apply(source, size, epoch, index, target);
        else
            _normalize.Apply(Vary(source, size, epoch, index, to), to, epoch, index, target);

        if (_erasing is not null)
        {
            var random = new CounterRandom(_options.Seed, RandomPurpose.Erasing, epoch, index);
            _erasing.Apply(target, to, ref random);
        }
    }

    /// <summary>The image as bytes, [height, width, 3] in the thread's buffer, before it is normalised.</summary>
    private Span<byte> Vary(ReadOnlySpan<byte> source, ImageSize size, int epoch, int index, ImageSize to)
    {
        Scratch scratch = _scratch ??= new Scratch();
        Span<byte> image = scratch.Image(to), spare = scratch.Spare(to);
        if (_resizedCrop is null)
        {
            _cropFlip.Cut(source, size, epoch, index, image);
        }
        else
        {
            var choice = new CounterRandom(_options.Seed, RandomPurpose.Augmentation, epoch, index);
            _resizedCrop.Apply(source, size, image, to, scratch.Resizer, ref choice);
            if (_options.CropFlip.Flip && choice.Chance(Half)) Mirror(image, to);
        }

        var random = new CounterRandom(_options.Seed, RandomPurpose.PixelAugmentation, epoch, index);
        if (_options.ColorJitter > 0) Jitter(image, ref random);
        _randAugment?.Apply(image, to, spare, ref random);
        return image;
    }

    private void Jitter(Span<byte> image, ref CounterRandom random)
    {
        Span<int> order = [0, 1, 2];
        for (int i = 2; i > 0; i--)
        {
            int j = random.Next(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }

        foreach (int operation in order)
        {
            double factor = random.Between(1 - _options.ColorJitter, 1 + _options.ColorJitter);
            if (operation == 0) Enhancement.Brightness(image, factor);
            else if (operation == 1) Enhancement.Contrast(image, factor);
            else Enhancement.Color(image, factor);
        }
    }

    private static void Mirror(Span<byte> image, ImageSize size)
    {
        for (int y = 0; y < size.Height; y++)
        {
            Span<byte> row = image.Slice(y * size.Width * 3, size.Width * 3);
            row.Reverse(); // blue, green, red from the right
            for (int i = 0; i < row.Length; i += 3) (row[i], row[i + 2]) = (row[i + 2], row[i]);
        }
    }

    /// <summary>What a thread keeps from image to image.</summary>
    private sealed class Scratch
    {
        private byte[] _pixels = [];

        public ImageResizer Resizer { get; } = new();

        public Span<byte> Image(ImageSize size) => Part(0, checked((int)size.RgbBytes));

        public Span<byte> Spare(ImageSize size) => Part(1, checked((int)size.RgbBytes));

        private Span<byte> Part(int which, int bytes)
        {
            if (_pixels.Length < 2 * bytes) _pixels = GC.AllocateUninitializedArray<byte>(2 * bytes);
            return _pixels.AsSpan(which * bytes, bytes);
        }
    }
}
