namespace Retort.Cli;

/// <summary>"Did you mean": the known name that a mistyped one is closest to.</summary>
internal static class NearestName
{
    /// <summary>Finds the known name with the fewest edits from <paramref name="word"/>.</summary>
    /// <returns>Null when every name differs by more than a third of its letters (at least two).</returns>
    public static string? To(string word, IEnumerable<string> known)
        => known.Select(name => (name, distance: Distance(word, name)))
            .Where(candidate => candidate.distance <= Math.Max(2, candidate.name.Length / 3) && candidate.distance < candidate.name.Length)
            .OrderBy(candidate => candidate.distance)
            .Select(candidate => candidate.name)
            .FirstOrDefault();

    // Edits (insert, delete, replace, swap of neighbours) that turn one word into the other.
    private static int Distance(string a, string b)
    {
        int[,] edits = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    edits[i, j] = i + j;
                    continue;
                }

                int replace = edits[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                edits[i, j] = Math.Min(replace, 1 + Math.Min(edits[i - 1, j], edits[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    edits[i, j] = Math.Min(edits[i, j], edits[i - 2, j - 2] + 1);
                }
            }
        }

        return edits[a.Length, b.Length];
    }
}
