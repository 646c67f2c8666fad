namespace Retort.Vision.Datasets;

/// <summary>A link to a folder.</summary>
internal static class FolderLink
{
    /// <summary>Whether a link leads to a folder through which it was found: below it all would be found again and again.</summary>
    /// <param name="link">The link's full path.</param>
    /// <param name="top">The full path of the folder that is searched.</param>
    public static bool LeadsBack(string link, string top)
    {
        string target = Real(link);
        for (string at = Path.GetDirectoryName(link)!; at.Length >= top.Length; at = Path.GetDirectoryName(at)!)
        {
            if (Holds(target, Real(at)))
                return true;
        }

        return false;
    }

    private static bool Holds(string outer, string inner) =>
        $"{inner}{Path.DirectorySeparatorChar}".StartsWith($"{Path.TrimEndingDirectorySeparator(outer)}{Path.DirectorySeparatorChar}", StringComparison.Ordinal);

    // The path without links: each of its folders may be one, and so may those of a link's target.
    private static string Real(string path)
    {
        string real = Path.GetPathRoot(path)!;
        foreach (string name in path[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            string next = Path.Combine(real, name);
            real = new DirectoryInfo(next).LinkTarget is { } target ? Real(Path.GetFullPath(target, real)) : next;
        }

        return real;
    }
}
