using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Retort.Tests.Torch.Serialization;

/// <summary>Writes pickles operation by operation, also those that no honest program writes, and the archives around them.</summary>
internal sealed class PickleBuilder
{
    private readonly List<byte> _bytes = [0x80, 2];

    public PickleBuilder Op(params ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleBuilder Op(char op) => Op([(byte)op]);

    public PickleBuilder Ops(string ops) => Op(Encoding.Latin1.GetBytes(ops));

    public PickleBuilder Global(string module, string name) => Ops($"c{module}\n{name}\n");

    public PickleBuilder Text(string text) => Op('X').U32((uint)Encoding.UTF8.GetByteCount(text)).Op(Encoding.UTF8.GetBytes(text));

    public PickleBuilder Int(int value) => Op('J').U32((uint)value);

    public PickleBuilder Long(long value)
    {
        Op(0x8a, 8);
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Op(bytes);
    }

    public PickleBuilder U32(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Op(bytes);
    }

    /// <summary>Calls a function with one text.</summary>
    public PickleBuilder Call(string module, string name, string argument) => Global(module, name).Text(argument).Op(0x85).Op('R');

    /// <summary>A tensor of a storage named "0".</summary>
    public PickleBuilder Tensor(
        long[] size, long[] stride, long offset = 0, long count = 4, string key = "0", string type = "FloatStorage", string module = "torch")
    {
        Global("torch._utils", "_rebuild_tensor_v2").Op('(');
        Op('(').Text("storage").Global(module, type).Text(key).Text("cpu").Long(count).Op('t').Op('Q').Long(offset);
        Op('(');
        foreach (long s in size)
            Long(s);
        Op('t').Op('(');
        foreach (long s in stride)
            Long(s);
        return Op('t').Op(0x89).Op('N').Op('t').Op('R');
    }

    public byte[] Bytes() => [.. _bytes, (byte)'.'];

    /// <summary>The pickle in an archive as torch.save makes it, with one storage of 4 floats named "0".</summary>
    public byte[] Zip(params (string Name, byte[] Content)[] more) =>
        Archive(CompressionLevel.NoCompression, [("a/data.pkl", Bytes()), ("a/data/0", Floats(1, 2, 3, 4)), .. more]);

    public static byte[] Archive(CompressionLevel level, params (string Name, byte[] Content)[] entries)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                using Stream entry = zip.CreateEntry(name, level).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }

    public static byte[] Floats(params float[] values) => System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
