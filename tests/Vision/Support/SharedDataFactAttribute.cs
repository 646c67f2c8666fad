using System.Runtime.CompilerServices;

namespace Retort.Tests.Vision.Support;

/// <summary>A test that needs a file of the folder <c>shared</c> beside the repository; skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute(string file)
    {
        if (Find(file) is null) Skip = $"../shared/{file} is not there";
    }

    /// <summary>The file's path; null where there is none.</summary>
    public static string? Find(string file, [CallerFilePath] string source = "")
    {
        for (var folder = Path.GetDirectoryName(source); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var path = Path.Combine(folder, "shared", file);
            if (File.Exists(path)) return path;
        }

        return null;
    }
}
