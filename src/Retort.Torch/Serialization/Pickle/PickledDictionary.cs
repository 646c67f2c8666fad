namespace Retort.Torch.Serialization;

/// <summary>A dict of Python in its order. Keys that are texts can be looked up; others are kept.</summary>
public sealed class PickledDictionary
{
    private readonly OrderedDictionary<string, object?> _named = [];
    private readonly List<KeyValuePair<object?, object?>> _others = [];

    internal PickledDictionary()
    {
    }

    /// <summary>Number of entries.</summary>
    public int Count => _named.Count + _others.Count;

    /// <summary>The entries whose keys are texts, in order.</summary>
    public IReadOnlyDictionary<string, object?> Named => _named;

    /// <summary>The entries with other keys (numbers, tuples), in order.</summary>
    public IReadOnlyList<KeyValuePair<object?, object?>> Others => _others;

    /// <summary>The value of a key; null where there is none.</summary>
    public object? this[string key] => _named.GetValueOrDefault(key);

    /// <inheritdoc/>
    public override string ToString() => $"<dict of {Count}>";

    internal void Set(object? key, object? value)
    {
        if (key is string name)
            _named[name] = value;
        else
            _others.Add(new(key, value)); // not hashed: a file could choose numbers whose hashes collide
    }
}
