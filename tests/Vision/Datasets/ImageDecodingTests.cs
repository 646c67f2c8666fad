using Retort.Tests.Support;
using Retort.Vision.Datasets;
using Retort.Vision.Datasets.Decoding;

namespace Retort.Tests.Vision.Datasets;

public sealed class ImageDecodingTests
{
    [Fact]
    public void Colour_jpeg_is_decoded_to_rgb()
    {
        var pixels = Decode(JpegFile.Rgb, JpegFile.Width, JpegFile.Height);
        AssertGradient(pixels, blue: 128);
    }

    [Fact]
    public void Progressive_jpeg_is_decoded() =>
        AssertGradient(Decode(JpegFile.Progressive, JpegFile.Width, JpegFile.Height), blue: 128);

    [Fact]
    public void Cmyk_jpeg_is_decoded_with_adobes_inversion() =>
        AssertGradient(Decode(JpegFile.Cmyk, JpegFile.Width, JpegFile.Height), blue: 128);

    [Fact]
    public void Grey_jpeg_has_three_equal_channels()
    {
        var pixels = Decode(JpegFile.Grey, JpegFile.Width, JpegFile.Height);
        for (var i = 0; i < pixels.Length; i += 3)
        {
            Assert.InRange(Math.Abs(pixels[i] - (255 * (i / 3 % 16) / 15)), 0, 6);
            Assert.Equal(pixels[i], pixels[i + 1]);
            Assert.Equal(pixels[i], pixels[i + 2]);
        }
    }

    [Fact]
    public void A_jpeg_cut_anywhere_fails_with_a_reason()
    {
        foreach (var whole in (byte[][])[JpegFile.Rgb, JpegFile.Grey, JpegFile.Cmyk, JpegFile.Progressive])
        {
            for (var length = 1; length < whole.Length; length++)
                Assert.False(string.IsNullOrEmpty(TryDecode(whole.AsSpan(0, length), 16, 12)), $"the first {length} of {whole.Length} bytes were accepted");
        }
    }

    [Fact]
    public void A_png_cut_anywhere_fails_with_a_reason()
    {
        var whole = PngFile.Flat(5, 4, 10, 20, 30);
        for (var length = 1; length < whole.Length; length++)
            Assert.False(string.IsNullOrEmpty(TryDecode(whole.AsSpan(0, length), 5, 4)), $"the first {length} of {whole.Length} bytes were accepted");
    }

    [Fact]
    public void A_changed_byte_in_a_pngs_pixels_fails()
    {
        var file = PngFile.Flat(5, 4, 10, 20, 30);
        file[^20] ^= 0x40;
        Assert.NotNull(TryDecode(file, 5, 4));
    }

    [Fact]
    public void Rgb_png_is_decoded_exactly()
    {
        byte[] rows = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        Assert.Equal(rows, Decode(PngFile.Encode(2, 2, PngFile.Rgb, 8, rows), 2, 2));
    }

    [Fact]
    public void Alpha_of_a_png_is_ignored() =>
        Assert.Equal([1, 2, 3, 5, 6, 7], Decode(PngFile.Encode(2, 1, PngFile.Rgba, 8, [1, 2, 3, 0, 5, 6, 7, 128]), 2, 1));

    [Fact]
    public void Grey_png_with_alpha_has_three_equal_channels() =>
        Assert.Equal([9, 9, 9, 200, 200, 200], Decode(PngFile.Encode(2, 1, PngFile.GreyAlpha, 8, [9, 0, 200, 255]), 2, 1));

    [Fact]
    public void Grey_png_of_one_bit_is_black_and_white() =>
        Assert.Equal([255, 255, 255, 0, 0, 0], Decode(PngFile.Encode(2, 1, PngFile.Grey, 1, [0b1000_0000]), 2, 1));

    [Fact]
    public void Png_of_sixteen_bits_is_cut_to_the_upper_eight() =>
        Assert.Equal([1, 3, 5], Decode(PngFile.Encode(1, 1, PngFile.Rgb, 16, [1, 255, 3, 255, 5, 255]), 1, 1));

    [Fact]
    public void Palette_png_is_looked_up() =>
        Assert.Equal([40, 50, 60, 10, 20, 30], Decode(PngFile.Encode(2, 1, PngFile.Palette, 8, [1, 0], [10, 20, 30, 40, 50, 60]), 2, 1));

    [Fact]
    public void A_header_that_claims_a_huge_image_is_refused_before_anything_is_allocated()
    {
        var file = PngFile.Encode(1_000_000, 1, PngFile.Grey, 1, [0]);
        Assert.Equal(
            "its header says 1000000 x 1 pixels; 1 to 16384 a side can be read", ImageDecoder.TryProbe(file, out _));
    }

    [Theory]
    [InlineData(new byte[0], "the file is empty")]
    [InlineData(new byte[] { 1, 2, 3, 4 }, "it is neither a JPEG nor a PNG file")]
    public void What_is_no_image_is_refused(byte[] file, string reason) => Assert.Equal(reason, ImageDecoder.TryProbe(file, out _));

    [Fact]
    public void A_flat_image_stays_flat_when_it_is_resized()
    {
        var source = new byte[40 * 30 * 3];
        Array.Fill<byte>(source, 77);
        foreach (var to in (ImageSize[])[new(8, 8), new(40, 10), new(100, 60), new(1, 1)])
        {
            var target = new byte[to.RgbBytes];
            new ImageResizer().Resize(source, new ImageSize(40, 30), target, to);
            Assert.All(target, value => Assert.Equal(77, value));
        }
    }

    [Fact]
    public void Resizing_cuts_the_overhang_evenly_and_keeps_the_middle()
    {
        // Three squares side by side: only the middle one is covered by a square target.
        var source = new byte[12 * 4 * 3];
        for (var i = 0; i < source.Length; i++) source[i] = (byte)(i / 3 % 12 / 4 == 1 ? 200 : 0);
        var target = new byte[4 * 4 * 3];
        new ImageResizer().Resize(source, new ImageSize(12, 4), target, ImageSize.Square(4));
        Assert.All(target, value => Assert.Equal(200, value));
    }

    [Fact]
    public void Halving_an_image_averages_its_pixels()
    {
        byte[] source = [.. Enumerable.Range(0, 16 * 16 * 3).Select(i => (byte)(i / 3 % 2 == 0 ? 0 : 200))];
        var target = new byte[8 * 8 * 3];
        new ImageResizer().Resize(source, ImageSize.Square(16), target, ImageSize.Square(8));
        Assert.All(target.Chunk(8 * 3).SelectMany(row => row.Skip(3).SkipLast(3)), value => Assert.InRange(value, 99, 101));
    }

    private static void AssertGradient(byte[] pixels, int blue)
    {
        for (var y = 0; y < 12; y++)
        {
            for (var x = 0; x < 16; x++)
            {
                var at = ((y * 16) + x) * 3;
                Assert.InRange(Math.Abs(pixels[at] - (255 * x / 15)), 0, 12);
                Assert.InRange(Math.Abs(pixels[at + 1] - (255 * y / 11)), 0, 12);
                Assert.InRange(Math.Abs(pixels[at + 2] - blue), 0, 20);
            }
        }
    }

    private static byte[] Decode(byte[] file, int width, int height)
    {
        Assert.Null(ImageDecoder.TryProbe(file, out var size));
        Assert.Equal(new ImageSize(width, height), size);
        var pixels = new byte[size.RgbBytes];
        Assert.Null(ImageDecoder.TryDecode(file, size, pixels));
        return pixels;
    }

    private static string? TryDecode(ReadOnlySpan<byte> file, int width, int height) =>
        ImageDecoder.TryDecode(file, new ImageSize(width, height), new byte[width * height * 3]);
}
