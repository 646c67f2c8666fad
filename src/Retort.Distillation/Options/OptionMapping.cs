namespace Retort.Distillation.Options;

/// <summary>Keys with values, in the order in which they were written. A key that was written twice is in it twice.</summary>
/// <param name="entries">In order.</param>
/// <param name="location">Where the mapping begins.</param>
public sealed class OptionMapping(IReadOnlyList<OptionEntry> entries, string location = "") : OptionNode(location)
{
    /// <summary>A mapping without keys: every option at its default.</summary>
    public static OptionMapping Empty { get; } = new([]);

    /// <summary>The keys and values, in order.</summary>
    public IReadOnlyList<OptionEntry> Entries { get; } = entries;

    /// <inheritdoc/>
    public override string Shown => "a mapping";

    /// <summary>The value of a key, the last where it was written twice; null when there is no such key.</summary>
    public OptionNode? this[string key] => Entries.LastOrDefault(e => e.Key == key)?.Value;

    /// <summary>This mapping with a key set: in its place where the key exists, else at the end.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its new value.</param>
    /// <returns>A new mapping.</returns>
    public OptionMapping With(string key, OptionNode value)
    {
        List<OptionEntry> changed = [.. Entries];
        var at = changed.FindLastIndex(e => e.Key == key);
        var entry = new OptionEntry(key, value.Location, value);
        if (at < 0)
            changed.Add(entry);
        else
            changed[at] = entry;
        return new OptionMapping(changed, Location);
    }

    /// <summary>This mapping without a key.</summary>
    /// <param name="key">The key, which need not exist.</param>
    /// <returns>A new mapping.</returns>
    public OptionMapping Without(string key) => new([.. Entries.Where(e => e.Key != key)], Location);

    /// <summary>The order of the keys does not count; a key written twice makes unequal.</summary>
    /// <inheritdoc/>
    public override bool Equals(OptionNode? other) =>
        other is OptionMapping mapping && mapping.Entries.Count == Entries.Count
        && Entries.All(e => mapping[e.Key] is { } value && value.Equals(e.Value));

    /// <inheritdoc/>
    public override int GetHashCode() => Entries.Aggregate(Entries.Count, (hash, e) => hash ^ HashCode.Combine(e.Key, e.Value));
}
