using Retort.Vision.Datasets;

namespace Retort.Vision.Augmentation;

/// <summary>
/// Operations that go from a duller image (factor 0) over the image itself (1) to a more vivid one (above 1), as PIL's ImageEnhance
/// defines them: dull + factor · (image − dull). Each works in place on [height, width, 3].
/// </summary>
internal static class Enhancement
{
    /// <summary>From black.</summary>
    public static void Brightness(Span<byte> image, double factor)
    {
        foreach (ref byte value in image) value = Blend(0, value, factor);
    }

    /// <summary>From the grey of the image's mean.</summary>
    public static void Contrast(Span<byte> image, double factor)
    {
        long sum = 0;
        for (int i = 0; i < image.Length; i += 3) sum += Luma(image, i);
        var mean = (byte)(((double)sum / (image.Length / 3)) + 0.5);
        foreach (ref byte value in image) value = Blend(mean, value, factor);
    }

    /// <summary>From shades of grey.</summary>
    public static void Color(Span<byte> image, double factor)
    {
        for (int i = 0; i < image.Length; i += 3)
        {
            byte grey = Luma(image, i);
            for (int c = i; c < i + 3; c++) image[c] = Blend(grey, image[c], factor);
        }
    }

    /// <summary>From the image smoothed with the weights 1, 5 in the middle, over 13; the outermost pixels stay as they are.</summary>
    /// <param name="image">[height, width, 3].</param>
    /// <param name="size">Its size.</param>
    /// <param name="factor">At least 0.</param>
    /// <param name="scratch">As long as the image; overwritten.</param>
    public static void Sharpness(Span<byte> image, ImageSize size, double factor, Span<byte> scratch)
    {
        image.CopyTo(scratch);
        int stride = size.Width * 3;
        for (int y = 1; y < size.Height - 1; y++)
        {
            for (int i = (y * stride) + 3; i < ((y + 1) * stride) - 3; i++)
            {
                int sum = (5 * scratch[i]) + scratch[i - 3] + scratch[i + 3];
                sum += scratch[i - stride - 3] + scratch[i - stride] + scratch[i - stride + 3];
                sum += scratch[i + stride - 3] + scratch[i + stride] + scratch[i + stride + 3];
                image[i] = Blend((byte)((sum + 6) / 13), scratch[i], factor);
            }
        }
    }

    // ITU-R 601 in 16 bits, as PIL converts to "L".
    private static byte Luma(ReadOnlySpan<byte> image, int at) =>
        (byte)(((image[at] * 19595) + (image[at + 1] * 38470) + (image[at + 2] * 7471) + 0x8000) >> 16);

    private static byte Blend(byte dull, byte value, double factor) => (byte)Math.Clamp(dull + (factor * (value - dull)), 0, 255);
}
