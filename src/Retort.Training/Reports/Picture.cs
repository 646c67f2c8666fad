using System.Buffers.Binary;
using System.IO.Compression;

namespace Retort.Training.Reports;

/// <summary>A small picture of a report.</summary>
/// <param name="Name">What it shows, for those who cannot see it.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Rgb">Three bytes a pixel, rows from the top.</param>
public sealed record Picture(string Name, int Width, int Height, byte[] Rgb)
{
    private static readonly uint[] CrcOfByte = [.. Enumerable.Range(0, 256).Select(n => Enumerable.Range(0, 8).Aggregate((uint)n, (c, _) => (c & 1) == 0 ? c >> 1 : 0xEDB88320 ^ (c >> 1)))];

    /// <summary>The picture as the address of an img element.</summary>
    internal string ToDataAddress() => "data:image/png;base64," + Convert.ToBase64String(ToPng());

    /// <summary>The picture as a PNG file.</summary>
    // ISO/IEC 15948: signature, then chunks of length, type, data and CRC.
    internal byte[] ToPng()
    {
        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]);
        byte[] header = [0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]; // 8 bits, RGB
        BinaryPrimitives.WriteInt32BigEndian(header, Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), Height);
        WriteChunk(png, "IHDR"u8, header);
        using var pixels = new MemoryStream();
        using (var packed = new ZLibStream(pixels, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (int row = 0; row < Height; row++)
            {
                packed.WriteByte(0); // no filter
                packed.Write(Rgb, row * Width * 3, Width * 3);
            }
        }

        WriteChunk(png, "IDAT"u8, pixels.ToArray());
        WriteChunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    private static void WriteChunk(Stream png, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        byte[] content = [.. type, .. data];
        uint crc = ~0u;
        foreach (byte b in content)
        {
            crc = CrcOfByte[(byte)(crc ^ b)] ^ (crc >> 8);
        }

        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        png.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~crc);
        png.Write(number);
    }
}
