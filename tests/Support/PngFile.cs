using System.Buffers.Binary;
using System.IO.Compression;

namespace Retort.Tests.Support;

/// <summary>Writes small PNG files of every colour type, so that tests need none from elsewhere.</summary>
internal static class PngFile
{
    public const byte Grey = 0, Rgb = 2, Palette = 3, GreyAlpha = 4, Rgba = 6;

    /// <summary>A file whose rows are given as PNG stores them, without filter bytes.</summary>
    public static byte[] Encode(int width, int height, byte colourType, byte bitDepth, ReadOnlySpan<byte> rows, byte[]? palette = null)
    {
        var stride = rows.Length / height;
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (var y = 0; y < height; y++)
            {
                zlib.WriteByte(0);
                zlib.Write(rows.Slice(y * stride, stride));
            }
        }

        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = bitDepth;
        header[9] = colourType;
        List<byte> file = [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1a, (byte)'\n'];
        Chunk(file, "IHDR"u8, header);
        if (palette is not null) Chunk(file, "PLTE"u8, palette);
        Chunk(file, "IDAT"u8, packed.ToArray());
        Chunk(file, "IEND"u8, []);
        return [.. file];
    }

    /// <summary>An RGB file of one colour.</summary>
    public static byte[] Flat(int width, int height, byte red, byte green = 0, byte blue = 0)
    {
        var rows = new byte[width * height * 3];
        for (var i = 0; i < rows.Length; i += 3) (rows[i], rows[i + 1], rows[i + 2]) = (red, green, blue);
        return Encode(width, height, Rgb, 8, rows);
    }

    /// <summary>The same file with the checksum of its header made right, after the header was changed.</summary>
    public static byte[] WithHeaderChecksum(byte[] file)
    {
        const int type = 12, end = 29; // of IHDR: its name, 13 bytes, then the checksum
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(end), Checksum(file[type..end]));
        return file;
    }

    private static void Chunk(List<byte> file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        var number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.AddRange(number);
        byte[] body = [.. type, .. data];
        file.AddRange(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Checksum(body));
        file.AddRange(number);
    }

    private static uint Checksum(byte[] bytes)
    {
        var crc = 0xffffffffu;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
        }

        return ~crc;
    }
}
