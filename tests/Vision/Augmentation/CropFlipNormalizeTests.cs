using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Augmentation;

public sealed class CropFlipNormalizeTests
{
    [Theory]
    [InlineData(32, 32, 4)]
    [InlineData(7, 5, 3)]
    [InlineData(3, 3, 9)] // the window can leave the image altogether
    [InlineData(600, 2, 4)] // wider than a strip
    [InlineData(24, 1, 0)]
    public void Equals_the_naive_definition_in_both_orders(int width, int height, int padding)
    {
        var size = new ImageSize(width, height);
        var source = Noise(size);
        var options = new CropFlipOptions { Padding = padding, Seed = 3 };
        var interleaved = new CropFlipNormalize(Normalization.Cifar100, options);
        var planes = new CropFlipNormalize(Normalization.Cifar100, options, PixelOrder.ChannelsFirst);
        var actual = new float[size.RgbBytes];
        for (var index = 0; index < 40; index++)
        {
            var expected = Naive(source, size, interleaved.Choose(2, index));
            interleaved.Apply(source, size, 2, index, actual);
            AssertClose(expected, actual, i => i);
            planes.Apply(source, size, 2, index, actual);
            AssertClose(expected, actual, i => ((i % 3) * width * height) + (i / 3));
        }
    }

    [Fact]
    public void Vectors_and_single_pixels_give_the_same_bits()
    {
        // 8 pixels are one vector step, 7 are none: the same bytes must become the same floats in both.
        var transform = CropFlipNormalize.Evaluation(Normalization.ImageNet);
        var wide = new float[24];
        var narrow = new float[21];
        for (var start = 0; start < 256 - 24; start++)
        {
            byte[] bytes = [.. Enumerable.Range(start, 24).Select(x => (byte)x)];
            transform.Apply(bytes, new ImageSize(8, 1), 0, 0, wide);
            transform.Apply(bytes.AsSpan(0, 21), new ImageSize(7, 1), 0, 0, narrow);
            Assert.Equal(wide[..21], narrow);
        }
    }

    [Fact]
    public void Evaluation_changes_nothing_but_the_scale()
    {
        var size = new ImageSize(9, 4);
        var source = Noise(size);
        var actual = new float[size.RgbBytes];
        CropFlipNormalize.Evaluation(Normalization.Cifar100).Apply(source, size, 5, 77, actual);
        AssertClose(Naive(source, size, (0, 0, false)), actual, i => i);
    }

    [Fact]
    public void Choices_depend_on_seed_epoch_and_index_alone()
    {
        var transform = new CropFlipNormalize(Normalization.Cifar10, new CropFlipOptions { Seed = 1 });
        var again = new CropFlipNormalize(Normalization.Cifar100, new CropFlipOptions { Seed = 1 }, PixelOrder.ChannelsFirst);
        var other = new CropFlipNormalize(Normalization.Cifar10, new CropFlipOptions { Seed = 2 });
        var choices = Enumerable.Range(0, 100).Select(i => transform.Choose(0, i)).ToArray();
        Assert.Equal(choices, Enumerable.Range(0, 100).Reverse().Select(i => again.Choose(0, i)).Reverse());
        Assert.NotEqual(choices, Enumerable.Range(0, 100).Select(i => transform.Choose(1, i)));
        Assert.NotEqual(choices, Enumerable.Range(0, 100).Select(i => other.Choose(0, i)));
    }

    [Fact]
    public void Every_offset_and_both_directions_are_equally_frequent()
    {
        var transform = new CropFlipNormalize(Normalization.Cifar10, new CropFlipOptions { Padding = 1 });
        var counts = new Dictionary<(int, int, bool), int>();
        for (var i = 0; i < 18_000; i++)
        {
            var choice = transform.Choose(4, i);
            counts[choice] = counts.GetValueOrDefault(choice) + 1;
        }

        Assert.Equal(18, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 850, 1150));
    }

    [Fact]
    public void Nothing_is_allocated_per_image()
    {
        var size = ImageSize.Square(32);
        var source = Noise(size);
        var target = new float[size.RgbBytes];
        var transform = new CropFlipNormalize(Normalization.Cifar10, new CropFlipOptions());
        transform.Apply(source, size, 0, 0, target);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) transform.Apply(source, size, 0, i, target);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Spans_of_a_wrong_length_are_refused() => Assert.Throws<ArgumentException>(
        () => CropFlipNormalize.Evaluation(Normalization.Cifar10).Apply(new byte[12], ImageSize.Square(2), 0, 0, new float[11]));

    /// <summary>Pad, crop, flip, divide: one step after another, in double precision; [y, x, channel].</summary>
    private static double[] Naive(byte[] source, ImageSize size, (int Left, int Top, bool Flip) choice)
    {
        var result = new double[size.RgbBytes];
        for (var y = 0; y < size.Height; y++)
        {
            for (var x = 0; x < size.Width; x++)
            {
                var fromX = (choice.Flip ? size.Width - 1 - x : x) + choice.Left;
                var fromY = y + choice.Top;
                var inside = fromX >= 0 && fromX < size.Width && fromY >= 0 && fromY < size.Height;
                for (var c = 0; c < 3; c++)
                {
                    var value = inside ? source[(((fromY * size.Width) + fromX) * 3) + c] / 255.0 : 0;
                    result[(((y * size.Width) + x) * 3) + c] = (value - Normalization.Cifar100.Mean[c]) / Normalization.Cifar100.Deviation[c];
                }
            }
        }

        return result;
    }

    private static void AssertClose(double[] expected, float[] actual, Func<int, int> place)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            if (Math.Abs(expected[i] - actual[place(i)]) > 1e-6) Assert.Fail($"value {i} is {actual[place(i)]} instead of {expected[i]}");
        }
    }

    private static byte[] Noise(ImageSize size)
    {
        var bytes = new byte[size.RgbBytes];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)((i * 167) ^ (i >> 3));
        return bytes;
    }
}
