namespace Retort.Tests.Support;

/// <summary>Finds files beside the tests: the repository's own, and those of the folder <c>shared</c> that may lie next to it.</summary>
internal static class RepositoryFiles
{
    /// <summary>The folder that holds Retort.slnx.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A path below the repository.</summary>
    public static string Repository(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>A path below the folder <c>shared</c> beside the repository; the file may be absent.</summary>
    public static string Shared(params string[] parts) => Path.Combine([Root, "..", "shared", .. parts]);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Retort.slnx")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds Retort.slnx.");
    }
}
