using Retort.Vision;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;
using Retort.Vision.Datasets.Decoding;

namespace Retort.Tests.Vision.Augmentation;

public sealed class RandomResizedCropTests
{
    [Fact]
    public void Parts_lie_in_the_image_and_keep_area_and_shape()
    {
        var from = new ImageSize(200, 150);
        var crop = new RandomResizedCrop(new RandomResizedCropOptions());
        List<double> areas = [], ratios = [];
        for (var i = 0; i < 500; i++)
        {
            var random = Random(i);
            var (left, top, part) = crop.Choose(from, ref random);
            Assert.InRange(left, 0, from.Width - part.Width);
            Assert.InRange(top, 0, from.Height - part.Height);
            areas.Add(part.Width * part.Height / 30000.0);
            ratios.Add((double)part.Width / part.Height);
        }

        Assert.InRange(areas.Min(), 0.07, 0.12);
        Assert.InRange(areas.Max(), 0.9, 1);
        Assert.InRange(ratios.Min(), 0.73, 0.78);
        Assert.InRange(ratios.Max(), 1.28, 1.35);
    }

    [Theory]
    [InlineData(300, 10, 13, 10)] // 4 : 3 at most
    [InlineData(10, 300, 10, 13)]
    [InlineData(10, 10, 10, 10)]
    public void Where_nothing_fits_the_middle_is_taken(int width, int height, int partWidth, int partHeight)
    {
        var crop = new RandomResizedCrop(new RandomResizedCropOptions { LeastScale = 1 });
        var random = Random(0);
        var (left, top, part) = crop.Choose(new ImageSize(width, height), ref random);
        Assert.Equal(new ImageSize(partWidth, partHeight), part);
        Assert.Equal(((width - partWidth) / 2, (height - partHeight) / 2), (left, top));
    }

    [Fact]
    public void The_part_is_scaled_bilinearly_and_nothing_beyond_it_shows()
    {
        // A ramp from left to right stays a ramp; the frame of 255 around the part must not bleed in.
        var from = new ImageSize(10, 8);
        var image = Enumerable.Repeat((byte)255, (int)from.RgbBytes).ToArray();
        for (var y = 2; y < 6; y++)
            for (var x = 3; x < 7; x++)
                image.AsSpan(((y * from.Width) + x) * 3, 3).Fill((byte)(20 * (x - 3)));
        var to = ImageSize.Square(8);
        var result = new byte[to.RgbBytes];
        new ImageResizer().Resize(image, from, 3, 2, ImageSize.Square(4), result, to);
        byte[] row = [0, 5, 15, 25, 35, 45, 55, 60];
        for (var y = 0; y < 8; y++)
            Assert.Equal(row, Enumerable.Range(0, 8).Select(x => result[((y * 8) + x) * 3]));
    }

    private static CounterRandom Random(int i) => new(1, RandomPurpose.Augmentation, 0, i);
}
