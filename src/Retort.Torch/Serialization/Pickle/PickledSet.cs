namespace Retort.Torch.Serialization;

/// <summary>A set of Python; what it holds is kept as it came.</summary>
public sealed class PickledSet
{
    private readonly List<object?> _items = [];

    internal PickledSet()
    {
    }

    /// <summary>What the set holds.</summary>
    public IReadOnlyList<object?> Items => _items;

    /// <inheritdoc/>
    public override string ToString() => $"<set of {_items.Count}>";

    internal void Add(IEnumerable<object?> items) => _items.AddRange(items);
}
