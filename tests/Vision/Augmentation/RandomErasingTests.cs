using Retort.Vision;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Augmentation;

public sealed class RandomErasingTests
{
    private static readonly ImageSize Size = new(40, 30);

    [Fact]
    public void As_many_images_are_erased_as_the_probability_says() =>
        Assert.InRange(Enumerable.Range(0, 1000).Count(i => Erased(new() { Probability = 0.2 }, i).Exists(e => e)), 150, 250);

    [Theory]
    [InlineData(PixelOrder.ChannelsLast)]
    [InlineData(PixelOrder.ChannelsFirst)]
    public void A_rectangle_of_allowed_area_and_shape_is_erased_in_all_channels(PixelOrder order)
    {
        var options = new RandomErasingOptions { Probability = 1, Mode = ErasingMode.Const, LeastArea = 0.05, MostArea = 0.2, LeastAspect = 0.5, MostAspect = 2 };
        List<double> areas = [];
        for (var i = 0; i < 100; i++)
        {
            var erased = Erased(options, i, order);
            int[] at = [.. Enumerable.Range(0, erased.Count).Where(p => erased[p])];
            int left = at.Min(p => p % Size.Width), right = at.Max(p => p % Size.Width), top = at.Min(p => p / Size.Width), bottom = at.Max(p => p / Size.Width);
            int width = right - left + 1, height = bottom - top + 1;
            Assert.Equal(width * height, at.Length);
            Assert.InRange((double)height / width, 0.4, 2.4); // whole pixels
            areas.Add((double)at.Length / erased.Count);
        }

        Assert.InRange(areas.Min(), 0.04, 0.08);
        Assert.InRange(areas.Max(), 0.17, 0.22);
    }

    [Theory]
    [InlineData(ErasingMode.Const, 1)]
    [InlineData(ErasingMode.Rand, 3)]
    [InlineData(ErasingMode.Pixel, 300)]
    public void The_mode_says_how_many_colours_there_are(ErasingMode mode, int least)
    {
        var pixels = Apply(new() { Probability = 1, Mode = mode, LeastArea = 0.3 }, 3, PixelOrder.ChannelsLast);
        var values = pixels.Where(p => p != 9).Distinct().ToArray();
        Assert.True(mode == ErasingMode.Pixel ? values.Length > least : values.Length == least, $"{values.Length} values");
        if (mode == ErasingMode.Pixel)
        {
            Assert.InRange(values.Average(), -0.1, 0.1);
            Assert.InRange(values.Average(v => v * v), 0.85, 1.15);
        }
    }

    private static List<bool> Erased(RandomErasingOptions options, int index, PixelOrder order = PixelOrder.ChannelsLast)
    {
        var pixels = Apply(options, index, order);
        var plane = Size.Width * Size.Height;
        List<bool> erased = [];
        for (var p = 0; p < plane; p++)
        {
            bool[] channels = [.. Enumerable.Range(0, 3).Select(c => pixels[order == PixelOrder.ChannelsLast ? (p * 3) + c : (c * plane) + p] != 9)];
            Assert.Single(channels.Distinct());
            erased.Add(channels[0]);
        }

        return erased;
    }

    private static float[] Apply(RandomErasingOptions options, int index, PixelOrder order)
    {
        var pixels = Enumerable.Repeat(9f, (int)Size.RgbBytes).ToArray();
        var random = new CounterRandom(2, RandomPurpose.Erasing, 0, index);
        new RandomErasing(options, order).Apply(pixels, Size, ref random);
        return pixels;
    }
}
