using System.Globalization;

namespace Retort.Training.Comparisons;

/// <summary>A part of a comparison's runs, for one of several machines or tasks that train them: one of every so many.</summary>
/// <param name="Number">Which, 1 to <paramref name="Count"/>.</param>
/// <param name="Count">How many there are, at least 1.</param>
public sealed record ComparisonShard(int Number, int Count)
{
    /// <summary>All runs.</summary>
    public static ComparisonShard Whole { get; } = new(1, 1);

    /// <summary>Reads "2/8".</summary>
    /// <returns>Null where it is none.</returns>
    public static ComparisonShard? Parse(string text)
    {
        string[] parts = text.Split('/');
        return parts.Length == 2 && Number(parts[0]) is { } number && Number(parts[1]) is { } count && number >= 1 && number <= count
            ? new ComparisonShard(number, count)
            : null;

        static int? Number(string part) => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
    }

    /// <summary>The runs of this shard, in the grid's order; of a method not always the same shard's, as methods differ in how long they take.</summary>
    public IEnumerable<Cell> Of(ComparisonGrid grid) => grid.Cells.Where((_, place) => (place + (place / Count)) % Count == Number - 1);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}/{Count}");
}
