using System.Buffers.Binary;
using System.Text;

namespace Retort.Tests.Training.TensorBoard;

/// <summary>An event as a reader finds it.</summary>
internal sealed record ReadEvent(double WallTime, long Step, string? FileVersion, bool Starts, IReadOnlyList<ReadValue> Values);

/// <summary>A tag's value: one of the three.</summary>
internal sealed record ReadValue(string Tag, float? Scalar, ReadImage? Image, ReadHistogram? Histogram);

internal sealed record ReadImage(long Height, long Width, long Channels, byte[] Png);

internal sealed record ReadHistogram(double Min, double Max, double Count, double Sum, double Squares, double[] Limits, double[] Counts);

/// <summary>Reads event files by the published format alone, without a line of what writes them.</summary>
internal static class EventReader
{
    /// <summary>All events of a folder's files, in the order in which TensorBoard takes them.</summary>
    public static ReadEvent[] ReadFolder(string folder) =>
        [.. Directory.GetFiles(folder, "*tfevents*").Order(StringComparer.Ordinal).SelectMany(file => Read(File.ReadAllBytes(file)))];

    /// <summary>The values of a tag in a folder, by step.</summary>
    public static (long Step, ReadValue Value)[] Tag(string folder, string tag) =>
        [.. ReadFolder(folder).SelectMany(e => e.Values.Where(v => v.Tag == tag).Select(v => (e.Step, v)))];

    public static IEnumerable<ReadEvent> Read(byte[] file)
    {
        for (int at = 0; at < file.Length;)
        {
            long length = BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at));
            Assert.Equal(Masked(Crc32C(file.AsSpan(at, 8))), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            byte[] body = file.AsSpan(at + 12, (int)length).ToArray();
            Assert.Equal(Masked(Crc32C(body)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + (int)length)));
            yield return Event(body);
            at += 16 + (int)length;
        }
    }

    /// <summary>CRC-32C, bit by bit: the polynomial 0x1EDC6F41, reflected.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }

        return ~crc;
    }

    private static uint Masked(uint crc) => ((crc >> 15) | (crc << 17)) + 0xA282EAD8;

    private static ReadEvent Event(byte[] message)
    {
        var fields = Fields(message);
        return new ReadEvent(
            Double(fields, 1), Whole(fields, 2), fields[3].FirstOrDefault() is { } version ? Encoding.UTF8.GetString(version) : null,
            fields[7].Any(log => Whole(Fields(log), 1) == 1), [.. fields[5].SelectMany(summary => Fields(summary)[1]).Select(Value)]);
    }

    private static ReadValue Value(byte[] message)
    {
        var fields = Fields(message);
        return new ReadValue(
            Encoding.UTF8.GetString(fields[1].Single()), fields[2].Select(scalar => (float?)BinaryPrimitives.ReadSingleLittleEndian(scalar)).FirstOrDefault(),
            fields[4].Select(Image).FirstOrDefault(), fields[5].Select(Histogram).FirstOrDefault());
    }

    private static ReadImage Image(byte[] message)
    {
        var fields = Fields(message);
        return new ReadImage(Whole(fields, 1), Whole(fields, 2), Whole(fields, 3), fields[4].Single());
    }

    private static ReadHistogram Histogram(byte[] message)
    {
        var fields = Fields(message);
        return new ReadHistogram(
            Double(fields, 1), Double(fields, 2), Double(fields, 3), Double(fields, 4), Double(fields, 5), Packed(fields, 6), Packed(fields, 7));
    }

    private static long Whole(ILookup<int, byte[]> fields, int number) =>
        fields[number].Select(value => BinaryPrimitives.ReadInt64LittleEndian(value)).FirstOrDefault();

    private static double Double(ILookup<int, byte[]> fields, int number) =>
        fields[number].Select(value => BinaryPrimitives.ReadDoubleLittleEndian(value)).FirstOrDefault();

    private static double[] Packed(ILookup<int, byte[]> fields, int number) =>
        [.. fields[number].SelectMany(all => all.Chunk(8)).Select(value => BinaryPrimitives.ReadDoubleLittleEndian(value))];

    // Protobuf's wire format: a key of number and kind, then a varint (0), 8 bytes (1), a length and so many bytes (2), or 4 bytes (5).
    private static ILookup<int, byte[]> Fields(byte[] message)
    {
        List<(int Number, byte[] Value)> fields = [];
        for (int at = 0; at < message.Length;)
        {
            ulong key = Varint(message, ref at);
            int length;
            switch (key & 7)
            {
                case 0:
                    fields.Add(((int)(key >> 3), BitConverter.GetBytes(Varint(message, ref at))));
                    continue;
                case 1:
                    length = 8;
                    break;
                case 2:
                    length = (int)Varint(message, ref at);
                    break;
                case 5:
                    length = 4;
                    break;
                default:
                    throw new InvalidDataException($"There is no kind {key & 7}.");
            }

            fields.Add(((int)(key >> 3), message.AsSpan(at, length).ToArray()));
            at += length;
        }

        return fields.ToLookup(field => field.Number, field => field.Value);
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = message[at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return value;
        }
    }
}
