using Retort.Training.Reports;
using Retort.Vision.Datasets;

namespace Retort.Tests.Training.Reports;

public sealed class ThumbnailTests
{
    [Fact]
    public void A_small_image_stays_as_it_is()
    {
        var images = new ImageDataset("one", ["a"], new ImageSize(2, 1), [1, 2, 3, 4, 5, 6], [0]);
        Picture picture = Thumbnail.Of(images, 0, "it");

        Assert.Equal(("it", 2, 1), (picture.Name, picture.Width, picture.Height));
        Assert.Equal([1, 2, 3, 4, 5, 6], picture.Rgb);
    }

    [Fact]
    public void A_large_image_is_reduced_to_means()
    {
        byte[] pixels = new byte[160 * 2 * 3];
        pixels[0] = 200; // of the four red values of the first target pixel
        pixels[(160 + 1) * 3] = 100;
        Picture picture = Thumbnail.Of(new ImageDataset("one", ["a"], new ImageSize(160, 2), pixels, [0]), 0, "it");

        Assert.Equal((80, 1), (picture.Width, picture.Height));
        Assert.Equal(75, picture.Rgb[0]);
        Assert.All(picture.Rgb[1..], value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(224, 224)]
    [InlineData(81, 1000)]
    [InlineData(5000, 3)]
    public void No_picture_takes_more_than_26_kB(int width, int height)
    {
        byte[] noise = new byte[width * height * 3];
        new Random(1).NextBytes(noise);
        Picture picture = Thumbnail.Of(new ImageDataset("one", ["a"], new ImageSize(width, height), noise, [0]), 0, "it");

        Assert.InRange(Math.Max(picture.Width, picture.Height), 1, Thumbnail.Side);
        Assert.Equal(picture.Width * picture.Height * 3, picture.Rgb.Length);
        Assert.InRange(picture.ToDataAddress().Length, 1, 26_000);
    }
}
