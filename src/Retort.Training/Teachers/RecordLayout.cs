using System.Globalization;
using System.Text;
using Retort.Torch;

namespace Retort.Training.Teachers;

/// <summary>How a <see cref="TeacherCacheFile"/> is laid out: a header that says it, then equal records, one for each sample.</summary>
/// <param name="Samples">Number of records.</param>
/// <param name="Type">Type of the values.</param>
/// <param name="Shape">Shape of a record's values, separated by spaces: "64 8 8".</param>
internal sealed record RecordLayout(int Samples, DType Type, string Shape)
{
    /// <summary>Bytes of the header, of a digest before each record's values, and the greatest length of those.</summary>
    public const int HeaderBytes = 4096, DigestBytes = 16, MostValues = 1 << 30;

    private const string Magic = "retort teacher cache 1";

    /// <summary>Bytes of a record's values.</summary>
    public int ValueBytes => checked((int)(Sizes.Aggregate(1L, (product, size) => product * size) * Type.Size()));

    /// <summary>Bytes of the whole file.</summary>
    public long FileBytes => At(Samples);

    private long[] Sizes => [.. Shape.Split(' ').Select(size => long.Parse(size, CultureInfo.InvariantCulture))];

    /// <summary>The layout for an output of a network.</summary>
    /// <param name="samples">Number of records.</param>
    /// <param name="output">[N, ...].</param>
    public static RecordLayout For(int samples, Tensor output) => new(samples, output.DType, string.Join(' ', output.Shape.Skip(1)));

    /// <summary>Reads a header.</summary>
    /// <returns>Null where it is none.</returns>
    public static RecordLayout? Parse(ReadOnlySpan<byte> header)
    {
        string[] lines = Encoding.ASCII.GetString(header).TrimEnd('\0').Split('\n');
        return lines is [Magic, var samples, var type, var shape, ""] && int.TryParse(samples, CultureInfo.InvariantCulture, out int count) && count > 0
            && Enum.TryParse(type, out DType parsed) && IsShape(shape)
            ? new(count, parsed, shape)
            : null;
    }

    /// <summary>The header, filled up with zeros.</summary>
    public byte[] Header()
    {
        byte[] header = new byte[HeaderBytes];
        Encoding.ASCII.GetBytes($"{Magic}\n{Samples.ToString(CultureInfo.InvariantCulture)}\n{Type}\n{Shape}\n", header);
        return header;
    }

    /// <summary>Where the record of a sample begins.</summary>
    public long At(long sample) => HeaderBytes + (sample * (DigestBytes + ValueBytes));

    /// <summary>A new tensor for the values of some samples, [N, ...], whose rows lie one after another.</summary>
    public Tensor Empty(int samples) => Aten.Empty([samples, .. Sizes], Type, memoryFormat: Order);

    /// <summary>Values in the order in which they lie in the file.</summary>
    /// <param name="output">[N, ...].</param>
    public Tensor Rows(Tensor output) => output.Detach().To(Device.Cpu).Contiguous(Order);

    private MemoryFormat Order => Sizes.Length == 3 ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous;

    private static bool IsShape(string text)
    {
        long values = 1;
        foreach (string size in text.Split(' '))
        {
            if (!int.TryParse(size, CultureInfo.InvariantCulture, out int number) || number < 1 || (values *= number) > MostValues)
                return false;
        }

        return true;
    }
}
