namespace Retort;

/// <summary>Finds the known names that a mistyped one may have meant.</summary>
public static class NearestName
{
    private const int ShortestPrefix = 3;

    /// <summary>The known names near to one that is not known, the nearest first; at most three, often none.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="known">The names there are.</param>
    public static IReadOnlyList<string> Find(string name, IEnumerable<string> known)
    {
        const int most = 3;
        return [.. known.Distinct()
            .Select(candidate => (candidate, distance: Distance(Folded(name), Folded(candidate))))
            .Where(c => c.distance <= Math.Max(1, Math.Min(name.Length, c.candidate.Length) / 3) || IsPrefix(name, c.candidate))
            .OrderBy(c => c.distance).ThenBy(c => c.candidate, StringComparer.Ordinal)
            .Take(most).Select(c => c.candidate)];
    }

    /// <summary>"Did you mean 'a' or 'b'?", or an empty text when no known name is near.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="known">The names there are.</param>
    public static string Question(string name, IEnumerable<string> known) => Question(Find(name, known));

    /// <summary>The same of names that <see cref="Find"/> gave.</summary>
    public static string Question(IReadOnlyList<string> near) => near switch
    {
        [] => "",
        [var only] => $"Did you mean '{only}'?",
        _ => $"Did you mean {string.Join(", ", near.SkipLast(1).Select(n => $"'{n}'"))} or '{near[^1]}'?",
    };

    /// <summary>
    /// Damerau-Levenshtein distance (optimal string alignment): insertions, deletions, replacements and swaps of neighbours
    /// that turn one text into the other.
    /// </summary>
    public static int Distance(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        var beforeLast = new int[b.Length + 1];
        var last = new int[b.Length + 1];
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            last[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                row[j] = Math.Min(replaced, Math.Min(last[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    row[j] = Math.Min(row[j], beforeLast[j - 2] + 1);
            }
            (beforeLast, last, row) = (last, row, beforeLast);
        }
        return last[b.Length];
    }

    private static bool IsPrefix(string name, string candidate) =>
        name.Length >= ShortestPrefix && Folded(candidate).StartsWith(Folded(name), StringComparison.Ordinal);

    // "weightDecay", "weight-decay" and "Weight_Decay" are all near to "weight_decay".
    private static string Folded(string name) => name.Replace('-', '_').ToLowerInvariant();
}
