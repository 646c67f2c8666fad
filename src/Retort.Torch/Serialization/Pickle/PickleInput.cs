using System.Text;

namespace Retort.Torch.Serialization;

/// <summary>The bytes of pickles in a part of a file, in order, through a small window.</summary>
internal sealed class PickleInput
{
    private readonly CheckpointSource _source;
    private readonly PickleBudget _budget;
    private readonly long _end;
    private readonly byte[] _window;
    private long _windowStart;
    private int _filled;
    private int _next;

    public PickleInput(CheckpointSource source, PickleBudget budget, long start, long end)
    {
        (_source, _budget, _windowStart, _end) = (source, budget, start, end);
        _window = new byte[(int)Math.Clamp(end - start, 1, 1 << 16)];
    }

    /// <summary>Where the next byte is in the file.</summary>
    public long Position => _windowStart + _next;

    public byte Byte() => Span(1)[0];

    /// <summary>The next bytes; valid until the next call.</summary>
    public ReadOnlySpan<byte> Span(int count)
    {
        if (_filled - _next < count)
            Fill(count);
        ReadOnlySpan<byte> span = _window.AsSpan(_next, count);
        _next += count;
        return span;
    }

    /// <summary>The next bytes, of a number that the file claims: refused before it is allocated when the file has not so many.</summary>
    public byte[] Bytes(ulong count)
    {
        if (count > (ulong)(_end - Position))
            throw CutOff((long)Math.Min(count, long.MaxValue));
        _budget.Allocate((long)count + 32);
        byte[] bytes = new byte[(int)count]; // the budget is below 2 GiB
        int buffered = Math.Min(bytes.Length, _filled - _next);
        _window.AsSpan(_next, buffered).CopyTo(bytes);
        _next += buffered;
        if (buffered < bytes.Length)
        {
            _source.Read(Position, bytes.AsSpan(buffered));
            (_windowStart, _filled, _next) = (Position + bytes.Length - buffered, 0, 0);
        }

        return bytes;
    }

    /// <summary>A text of a length that the file claims. What is no UTF-8 is replaced: such texts name no tensors.</summary>
    public string Text(ulong count)
    {
        const int inWindow = 256;
        if (count <= inWindow)
        {
            _budget.Allocate((long)count * sizeof(char));
            return Encoding.UTF8.GetString(Span((int)count));
        }

        byte[] bytes = Bytes(count);
        _budget.Allocate(bytes.Length * (long)sizeof(char));
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>A name up to the end of its line.</summary>
    public string Line()
    {
        Span<byte> line = stackalloc byte[PickleBudget.LongestName];
        for (int i = 0; i < line.Length; i++)
        {
            line[i] = Byte();
            if (line[i] == (byte)'\n')
                return Encoding.UTF8.GetString(line[..i]);
        }

        throw _source.Fault($"its pickle has a name of more than {PickleBudget.LongestName} bytes; the file is damaged: copy it again.");
    }

    private void Fill(int count)
    {
        if (count > _end - Position)
            throw CutOff(count);
        int kept = _filled - _next;
        _window.AsSpan(_next, kept).CopyTo(_window);
        (_windowStart, _next) = (Position, 0);
        _filled = kept + (int)Math.Min(_window.Length - kept, _end - _windowStart - kept);
        _source.Read(_windowStart + kept, _window.AsSpan(kept, _filled - kept));
    }

    private CheckpointException CutOff(long count) =>
        _source.Fault($"its pickle ends at byte {_end}, where {count} more bytes should be; the file is cut off or damaged: copy it again.");
}
