using Retort.Tests.Support;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Datasets;

public sealed class EncodedImageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(12, null)]
    [InlineData(7, null)]
    [InlineData(9, 20)]
    [InlineData(9, 16)]
    public void An_image_becomes_what_a_data_set_shows_of_it(int side, int? resize)
    {
        _folder.Write("class/image.jpg", JpegFile.Rgb);
        ImageSize size = ImageSize.Square(side), stored = ImageSize.Square(resize ?? side);
        ImageDataset images = ImageFolder.Load(_folder.Path, new ImageFileOptions { Size = stored });
        byte[] expected = new byte[size.RgbBytes];
        CropFlipNormalize.Evaluation(Normalization.Cifar10, size: size).Cut(images.Pixels(0), stored, 0, 0, expected);
        Assert.Equal(expected, EncodedImage.Decode(JpegFile.Rgb, size, resize is null ? null : stored));
    }

    [Fact]
    public void What_is_no_image_is_refused_in_a_sentence()
    {
        Assert.All((byte[][])[[], "no image"u8.ToArray(), JpegFile.Rgb[..200]], file =>
        {
            string message = Assert.Throws<DataException>(() => EncodedImage.Decode(file, ImageSize.Square(8))).Message;
            Assert.Matches(@"^The image cannot be read: .*[^.]\. Send a JPEG or PNG file\.$", message);
        });
        Assert.Throws<ArgumentException>(() => EncodedImage.Decode(JpegFile.Rgb, ImageSize.Square(8), ImageSize.Square(7)));
    }

    [Fact]
    public void A_small_file_that_claims_to_be_a_huge_image_takes_no_memory()
    {
        byte[] huge = PngFile.Flat(4, 4, red: 1);
        (huge[18], huge[22]) = (0x30, 0x30); // of 12,292 pixels either way
        Assert.Contains("too many", Assert.Throws<DataException>(() => EncodedImage.Decode(PngFile.WithHeaderChecksum(huge), ImageSize.Square(8))).Message);
    }
}
