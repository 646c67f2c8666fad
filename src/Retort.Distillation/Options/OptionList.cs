namespace Retort.Distillation.Options;

/// <summary>A list of nodes.</summary>
/// <param name="items">In order.</param>
/// <param name="location">Where the list begins.</param>
public sealed class OptionList(IReadOnlyList<OptionNode> items, string location = "") : OptionNode(location)
{
    /// <summary>The items, in order.</summary>
    public IReadOnlyList<OptionNode> Items { get; } = items;

    /// <inheritdoc/>
    public override string Shown => "a list";

    /// <inheritdoc/>
    public override bool Equals(OptionNode? other) => other is OptionList list && list.Items.SequenceEqual(Items);

    /// <inheritdoc/>
    public override int GetHashCode() => Items.Aggregate(Items.Count, HashCode.Combine);
}
