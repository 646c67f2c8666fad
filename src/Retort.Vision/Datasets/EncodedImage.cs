using Retort.Vision.Datasets.Decoding;

namespace Retort.Vision.Datasets;

/// <summary>A JPEG or PNG in memory, brought to a network's size as a data set's images are: for a program that is sent one image at a time.</summary>
public static class EncodedImage
{
    private const long MostPixels = 1L << 26; // a small file can claim to be a huge image

    /// <summary>Decodes an image, scales it to cover a size, and takes its middle.</summary>
    /// <param name="file">The bytes of a JPEG or PNG file.</param>
    /// <param name="size">Size of the result.</param>
    /// <param name="resize">Size that is covered before the middle is taken, at least <paramref name="size"/>; null: the same.</param>
    /// <returns>8-bit RGB, [height, width, 3].</returns>
    /// <exception cref="DataException">It is no image that can be read; the message says why.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> file, ImageSize size, ImageSize? resize = null)
    {
        ImageSize to = resize ?? size;
        if (to.Width < size.Width || to.Height < size.Height)
            throw new ArgumentException($"An image of {to} pixels has no middle of {size}.", nameof(resize));
        if (ImageDecoder.TryProbe(file, out ImageSize own) is { } noImage)
            throw new DataException($"The image cannot be read: {noImage}. Send a JPEG or PNG file.");
        if ((long)own.Width * own.Height > MostPixels)
            throw new DataException($"The image has {own} pixels, which are too many. Send a smaller one.");
        byte[] whole = new byte[own.RgbBytes], scaled = new byte[to.RgbBytes];
        if (ImageDecoder.TryDecode(file, own, whole) is { } damaged)
            throw new DataException($"The image cannot be read: {damaged}. Send a JPEG or PNG file.");
        new ImageResizer().Resize(whole, own, scaled, to);
        return to == size ? scaled : Middle(scaled, to, size);
    }

    private static byte[] Middle(byte[] pixels, ImageSize from, ImageSize to)
    {
        byte[] middle = new byte[to.RgbBytes];
        int left = (from.Width - to.Width) / 2, top = (from.Height - to.Height) / 2, row = 3 * to.Width;
        for (int y = 0; y < to.Height; y++)
            pixels.AsSpan(3 * (((y + top) * from.Width) + left), row).CopyTo(middle.AsSpan(y * row));
        return middle;
    }
}
