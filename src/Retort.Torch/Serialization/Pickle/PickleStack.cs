namespace Retort.Torch.Serialization;

/// <summary>The stack of a pickle: values, and marks that no operation reaches below except those that remove them.</summary>
internal sealed class PickleStack(CheckpointSource source)
{
    private readonly List<object?> _values = [];
    private readonly List<int> _marks = [];

    private int Floor => _marks.Count > 0 ? _marks[^1] : 0;

    public void Push(object? value) => _values.Add(value);

    public void Mark()
    {
        if (_marks.Count == PickleBudget.MostMarks)
            throw source.Fault($"its pickle nests deeper than {PickleBudget.MostMarks} levels; do not trust this file.");
        _marks.Add(_values.Count);
    }

    public object? Pop()
    {
        object? top = Peek();
        _values.RemoveAt(_values.Count - 1);
        return top;
    }

    public object? Peek() =>
        _values.Count > Floor ? _values[^1] : throw Malformed("takes a value where there is none");

    /// <summary>Removes a value, or the mark when it is on top.</summary>
    public void Drop()
    {
        if (_marks.Count > 0 && _marks[^1] == _values.Count)
            _marks.RemoveAt(_marks.Count - 1);
        else
            Pop();
    }

    public object?[] PopMarked()
    {
        if (_marks.Count == 0)
            throw Malformed("ends a group that was not begun");
        int floor = Floor;
        object?[] values = [.. _values[floor..]];
        _values.RemoveRange(floor, values.Length);
        _marks.RemoveAt(_marks.Count - 1);
        return values;
    }

    public CheckpointException Malformed(string what) =>
        source.Fault($"its pickle {what}; the file is damaged: copy it again.");
}
