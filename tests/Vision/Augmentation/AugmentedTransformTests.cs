using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Augmentation;

public sealed class AugmentedTransformTests
{
    private static readonly ImageDataset Data =
        SyntheticShapes.Generate(DatasetSplit.Training, new SyntheticShapesOptions { TrainingImages = 60, TestImages = 1 });

    private static readonly AugmentationOptions Everything = new()
    {
        ResizedCrop = new(), ColorJitter = 0.4, RandAugment = new(), Erasing = new() { Probability = 0.5 }, Seed = 4,
    };

    [Fact]
    public void Crop_and_mirror_alone_are_CropFlipNormalize_to_the_bit()
    {
        var direct = new CropFlipNormalize(Normalization.Cifar10, new CropFlipOptions { Seed = 4 });
        var transform = new AugmentedTransform(Normalization.Cifar10, new AugmentationOptions { Seed = 4 });
        // RandAugment without operations takes the way over bytes.
        var roundabout = new AugmentedTransform(Normalization.Cifar10, new AugmentationOptions { Seed = 4, RandAugment = new() { Operations = 0 } });
        for (var i = 0; i < Data.Count; i++)
        {
            var expected = Floats(direct, 3, i);
            Assert.Equal(expected, Floats(transform, 3, i));
            Assert.Equal(expected, Floats(roundabout, 3, i));
        }
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        var transform = new AugmentedTransform(Normalization.Cifar10, Everything);
        float[][] alone = [.. Enumerable.Range(0, Data.Count).Select(i => Floats(transform, 1, i))];
        var together = new float[Data.Count][];
        Parallel.For(0, Data.Count, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => together[i] = Floats(transform, 1, i));
        Assert.Equal(alone, together);
    }

    [Fact]
    public void An_image_is_varied_by_seed_epoch_and_index()
    {
        var transform = new AugmentedTransform(Normalization.Cifar10, Everything);
        var first = Floats(transform, 1, 7);
        Assert.Equal(first, Floats(new AugmentedTransform(Normalization.Cifar10, Everything), 1, 7));
        Assert.NotEqual(first, Floats(transform, 2, 7));
        Assert.NotEqual(first, Floats(new AugmentedTransform(Normalization.Cifar10, Everything with { Seed = 5 }), 1, 7));
    }

    [Fact]
    public void Variants_come_in_turn_and_are_those_of_the_first_epochs()
    {
        var transform = new AugmentedTransform(Normalization.Cifar10, Everything);
        var three = new AugmentedTransform(Normalization.Cifar10, Everything with { Variants = 3 });
        for (int epoch = 0; epoch < 7; epoch++)
            Assert.Equal(Floats(transform, epoch % 3, 7), Floats(three, epoch, 7));
    }

    [Theory]
    [InlineData(PixelOrder.ChannelsLast)]
    [InlineData(PixelOrder.ChannelsFirst)]
    public void Both_orders_have_the_same_values(PixelOrder order)
    {
        var other = order == PixelOrder.ChannelsLast ? PixelOrder.ChannelsFirst : PixelOrder.ChannelsLast;
        var size = ImageSize.Square(24);
        float[] one = Floats(new AugmentedTransform(Normalization.Cifar10, Everything, size, order), 1, 7);
        float[] same = Floats(new AugmentedTransform(Normalization.Cifar10, Everything, size, other), 1, 7);
        Assert.Equal(24 * 24 * 3, one.Length);
        Assert.Equal(one.Order(), same.Order());
        Assert.NotEqual(one, same);
    }

    [Fact]
    public void Color_jitter_stays_in_its_range()
    {
        // A grey image stays grey, and its value follows brightness alone: contrast and colour do not change it.
        var options = new AugmentationOptions { CropFlip = new() { Padding = 0 }, ColorJitter = 0.25 };
        var transform = new AugmentedTransform(new Normalization([0, 0, 0], [1, 1, 1]), options);
        var size = ImageSize.Square(2);
        var image = Enumerable.Repeat((byte)100, (int)size.RgbBytes).ToArray();
        var pixels = new float[image.Length];
        List<float> seen = [];
        for (var i = 0; i < 300; i++)
        {
            transform.Apply(image, size, 0, i, pixels);
            Assert.All(pixels, p => Assert.Equal(pixels[0], p));
            seen.Add(pixels[0] * 255);
        }

        Assert.InRange(seen.Min(), 74, 79);
        Assert.InRange(seen.Max(), 121, 125.1f);
    }

    [Fact]
    public void Evaluation_shows_the_middle()
    {
        var size = new ImageSize(6, 4);
        byte[] image = [.. Enumerable.Range(0, (int)size.RgbBytes).Select(i => (byte)i)];
        var pixels = new float[2 * 2 * 3];
        CropFlipNormalize.Evaluation(new Normalization([0, 0, 0], [1, 1, 1]), size: ImageSize.Square(2)).Apply(image, size, 0, 0, pixels);
        float[] expected = [.. new[] { 24, 25, 26, 27, 28, 29, 42, 43, 44, 45, 46, 47 }.Select(v => v / 255f)];
        Assert.Equal(expected, pixels, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void A_window_smaller_than_the_image_lies_anywhere_in_it()
    {
        var size = new ImageSize(5, 5);
        byte[] image = [.. Enumerable.Range(0, 25).SelectMany(i => new[] { (byte)i, (byte)0, (byte)0 })];
        var transform = new CropFlipNormalize(
            new Normalization([0, 0, 0], [1, 1, 1]), new CropFlipOptions { Padding = 0, Flip = false }, size: ImageSize.Square(3));
        var pixels = new float[27];
        HashSet<int> corners = [];
        for (var i = 0; i < 200; i++)
        {
            transform.Apply(image, size, 0, i, pixels);
            corners.Add((int)Math.Round(pixels[0] * 255));
        }

        Assert.Equal([0, 1, 2, 5, 6, 7, 10, 11, 12], corners.Order());
    }

    private static float[] Floats(ImageTransform transform, int epoch, int index)
    {
        var target = new float[(transform.Size ?? Data.Size).RgbBytes];
        transform.Apply(Data.Pixels(index), Data.Size, epoch, index, target);
        return target;
    }
}
