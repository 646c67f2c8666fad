using System.Runtime.InteropServices;
using Retort.Torch.Native;

namespace Retort.Vision.Datasets.Decoding;

/// <summary>JPEG and PNG bytes to 8-bit RGB. What becomes of alpha, CMYK and 16 bits stands at the top of native/images.cpp.</summary>
internal static unsafe class ImageDecoder
{
    /// <summary>Reads the size from the header.</summary>
    /// <returns>Null, or the reason why it cannot be read.</returns>
    public static string? TryProbe(ReadOnlySpan<byte> file, out ImageSize size)
    {
        int width = 0, height = 0, channels;
        fixed (byte* bytes = file)
        {
            var status = Bridge.retort_image_probe(bytes, file.Length, &width, &height, &channels);
            size = new ImageSize(width, height);
            return status == 0 ? null : Reason();
        }
    }

    /// <summary>Decodes into [height, width, 3]; <paramref name="size"/> is what <see cref="TryProbe"/> gave.</summary>
    /// <returns>Null, or the reason why it cannot be read.</returns>
    public static string? TryDecode(ReadOnlySpan<byte> file, ImageSize size, Span<byte> rgb)
    {
        fixed (byte* bytes = file, pixels = rgb)
        {
            var status = Bridge.retort_image_decode(bytes, file.Length, pixels, rgb.Length, size.Width, size.Height);
            return status == 0 ? null : Reason();
        }
    }

    private static string Reason() => Marshal.PtrToStringUTF8((nint)Bridge.retort_last_error()) ?? "";
}
