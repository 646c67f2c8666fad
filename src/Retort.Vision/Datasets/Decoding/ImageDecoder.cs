using System.Runtime.InteropServices;

namespace Retort.Vision.Datasets.Decoding;

/// <summary>JPEG and PNG bytes to 8-bit RGB. What becomes of alpha, CMYK and 16 bits stands at the top of native/images.cpp.</summary>
internal static class ImageDecoder
{
    /// <summary>Reads the size from the header.</summary>
    /// <returns>Null, or the reason why it cannot be read.</returns>
    public static string? TryProbe(ReadOnlySpan<byte> file, out ImageSize size)
    {
        var status = NativeImages.Probe(in MemoryMarshal.GetReference(file), file.Length, out var width, out var height, out _);
        size = new ImageSize(width, height);
        return status == 0 ? null : NativeImages.LastError();
    }

    /// <summary>Decodes into [height, width, 3]; <paramref name="size"/> is what <see cref="TryProbe"/> gave.</summary>
    /// <returns>Null, or the reason why it cannot be read.</returns>
    public static string? TryDecode(ReadOnlySpan<byte> file, ImageSize size, Span<byte> rgb)
    {
        var status = NativeImages.Decode(
            in MemoryMarshal.GetReference(file), file.Length, ref MemoryMarshal.GetReference(rgb), rgb.Length, size.Width, size.Height);
        return status == 0 ? null : NativeImages.LastError();
    }
}
