using Retort.Vision;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Augmentation;

public sealed class RandAugmentTests
{
    private const int Invert = 2, Posterize = 4, Solarize = 5, Brightness = 9, TranslateX = 13;

    private static readonly ImageSize Size = ImageSize.Square(20);
    private static readonly byte[] Grey = [.. Enumerable.Repeat((byte)60, (int)Size.RgbBytes)];

    [Fact]
    public void There_are_timms_fifteen_operations_all_of_them_drawn()
    {
        Assert.Equal(15, RandAugment.Count);
        // Of one operation done for certain, a textured image has at least as many results as there are operations.
        var textured = Enumerable.Range(0, (int)Size.RgbBytes).Select(i => (byte)(40 + (i * 7 % 150))).ToArray();
        var augment = new RandAugment(new RandAugmentOptions { Operations = 1, Probability = 1, MagnitudeDeviation = 0 }, [0, 0, 0]);
        HashSet<string> seen = [];
        for (var i = 0; i < 400; i++)
            seen.Add(Convert.ToHexString(Done(augment, textured, i)));
        Assert.InRange(seen.Count, 15, 20); // rotations, shears and shifts go either way
    }

    [Fact]
    public void An_operation_that_was_drawn_is_done_as_often_as_the_probability_says()
    {
        var half = new RandAugment(new RandAugmentOptions { Operations = 1 }, [0, 0, 0]);
        var never = new RandAugment(new RandAugmentOptions { Probability = 0 }, [0, 0, 0]);
        var textured = Enumerable.Range(0, (int)Size.RgbBytes).Select(i => (byte)(40 + (i * 7 % 150))).ToArray();
        Assert.InRange(Enumerable.Range(0, 1000).Count(i => !Done(half, textured, i).SequenceEqual(textured)), 430, 570);
        Assert.All(Enumerable.Range(0, 50), i => Assert.Equal(textured, Done(never, textured, i)));
    }

    [Fact]
    public void The_magnitude_varies_around_its_mean_and_is_cut_to_0_and_10()
    {
        // Brightness of grey 60 is 60 · (0.18 · magnitude + 0.1).
        List<double> magnitudes = [];
        var augment = new RandAugment(new RandAugmentOptions { Operations = 1, Probability = 1, MagnitudeDeviation = 2 }, [0, 0, 0]);
        for (var i = 0; i < 6000; i++)
        {
            var random = Random(i);
            if (random.Next(RandAugment.Count) == Brightness)
                magnitudes.Add(((Done(augment, Grey, i)[0] / 60.0) - 0.1) / 0.18);
        }

        Assert.InRange(magnitudes.Max(), 9.8, 10);
        Assert.InRange(magnitudes.Min(), 1, 6);
        Assert.InRange(magnitudes.Count(m => m >= 9.85) / (double)magnitudes.Count, 0.2, 0.42); // 31 % are above 10 and cut
    }

    [Theory]
    [InlineData(false, 9, Posterize, 32)] // 3 bits of 60 = 0b00111100
    [InlineData(true, 9, Posterize, 0)] // 1 bit
    [InlineData(false, 9, Solarize, 60)] // from 230 on
    [InlineData(true, 9, Solarize, 195)] // from 26 on
    [InlineData(false, 9, Brightness, 103)] // 60 · 1.72
    [InlineData(true, 0, Brightness, 60)]
    [InlineData(false, 0, Brightness, 6)]
    [InlineData(false, 3, Invert, 195)]
    public void Magnitude_and_variant_decide_how_strong_an_operation_is(bool increasing, double magnitude, int operation, byte expected)
    {
        var augment = new RandAugment(new RandAugmentOptions { Magnitude = magnitude, Increasing = increasing }, [0, 0, 0]);
        byte[] image = [.. Grey];
        var random = Random(1);
        augment.Apply(operation, image, Size, new byte[image.Length], ref random);
        Assert.Equal(expected, image[0]);
    }

    [Fact]
    public void Translation_is_relative_to_the_image_in_both_directions_and_shows_the_fill_colour()
    {
        var augment = new RandAugment(new RandAugmentOptions { Magnitude = 10 }, [1, 2, 3]);
        HashSet<int> columns = [];
        for (var i = 0; i < 20; i++)
        {
            byte[] image = [.. Grey];
            var random = Random(i);
            augment.Apply(TranslateX, image, Size, new byte[image.Length], ref random);
            var filled = Enumerable.Range(0, Size.Width).Where(x => image.AsSpan(x * 3, 3).SequenceEqual(new byte[] { 1, 2, 3 })).ToArray();
            Assert.Equal(9, filled.Length); // 0.45 · 20
            columns.Add(filled[0]);
        }

        Assert.Equal([0, 11], columns.Order());
    }

    private static CounterRandom Random(int i) => new(1, RandomPurpose.PixelAugmentation, 0, i);

    private static byte[] Done(RandAugment augment, byte[] source, int i)
    {
        byte[] image = [.. source];
        var random = Random(i);
        augment.Apply(image, Size, new byte[image.Length], ref random);
        return image;
    }
}
