using Retort.Training.Reports;
using Retort.Vision.Datasets;
using Retort.Vision.Datasets.Decoding;

namespace Retort.Tests.Training.Reports;

public sealed class PictureTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(64, 130)]
    public void A_png_decoder_reads_the_pixels_back(int width, int height)
    {
        byte[] pixels = [.. Enumerable.Range(0, width * height * 3).Select(i => (byte)(i * 7 / 3))];
        const string start = "data:image/png;base64,";
        string address = new Picture("", width, height, pixels).ToDataAddress();
        Assert.StartsWith(start, address, StringComparison.Ordinal);
        byte[] png = Convert.FromBase64String(address[start.Length..]);

        Assert.Null(ImageDecoder.TryProbe(png, out ImageSize size));
        Assert.Equal((width, height), (size.Width, size.Height));
        byte[] decoded = new byte[pixels.Length];
        Assert.Null(ImageDecoder.TryDecode(png, size, decoded));
        Assert.Equal(pixels, decoded);

        png[^20] ^= 1; // the end of the data chunk: its checksum must tell
        Assert.NotNull(ImageDecoder.TryDecode(png, size, decoded));
    }
}
