namespace Retort.Training.Verification;

/// <summary>Finds golden cases.</summary>
internal static class CaseFiles
{
    public const string Extension = ".safetensors";

    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false, MatchCasing = MatchCasing.CaseSensitive,
    };

    /// <summary>The cases of a path: the file itself, or every one below the folder, in ordinal order.</summary>
    /// <returns>Path and name of each; none for a folder without any.</returns>
    public static IReadOnlyList<(string File, string Name)> Find(string path)
    {
        if (!Directory.Exists(path))
            return [(path, NameOf(Path.GetFileName(path)))];
        List<(string File, string Name)> cases =
        [
            .. Directory.EnumerateFiles(path, "*" + Extension, Everything)
                .Select(file => (file, NameOf(Path.GetRelativePath(path, file).Replace(Path.DirectorySeparatorChar, '/')))),
        ];
        cases.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return cases;
    }

    private static string NameOf(string file) =>
        file.EndsWith(Extension, StringComparison.Ordinal) ? file[..^Extension.Length] : file;
}
