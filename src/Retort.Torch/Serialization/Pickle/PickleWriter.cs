using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Retort.Torch.Serialization;

/// <summary>Writes a pickle of protocol 2, operation by operation: what a state dict is made of.</summary>
internal sealed class PickleWriter
{
    private const byte Protocol = 2;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    public PickleWriter() => _bytes.Write([(byte)PickleOpcode.Proto, Protocol]);

    /// <summary>The pickle so far.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    public PickleWriter Op(PickleOpcode op)
    {
        _bytes.Write([(byte)op]);
        return this;
    }

    /// <summary>A class or function by its Python name.</summary>
    public PickleWriter Global(string module, string name)
    {
        Op(PickleOpcode.Global);
        _bytes.Write(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
        return this;
    }

    public PickleWriter Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Op(PickleOpcode.BinUnicode);
        Number(utf8.Length);
        _bytes.Write(utf8);
        return this;
    }

    public PickleWriter Integer(long value)
    {
        if (value is >= int.MinValue and <= int.MaxValue)
        {
            Op(PickleOpcode.BinInt);
            Number((int)value);
            return this;
        }

        byte[] digits = new BigInteger(value).ToByteArray(); // two's complement, the least first, as pickle has it
        Op(PickleOpcode.Long1);
        _bytes.Write([(byte)digits.Length]);
        _bytes.Write(digits);
        return this;
    }

    public PickleWriter Tuple(IEnumerable<long> values)
    {
        Op(PickleOpcode.Mark);
        foreach (long value in values)
            Integer(value);
        return Op(PickleOpcode.Tuple);
    }

    /// <summary>A new collections.OrderedDict.</summary>
    public PickleWriter OrderedDict() => Global("collections", "OrderedDict").Op(PickleOpcode.EmptyTuple).Op(PickleOpcode.Reduce);

    private void Number(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.GetSpan(sizeof(int)), value);
        _bytes.Advance(sizeof(int));
    }
}
