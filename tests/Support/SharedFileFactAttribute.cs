namespace Retort.Tests.Support;

/// <summary>A test that reads a file of the folder <c>shared</c>, and is shown as skipped where that is absent.</summary>
internal sealed class SharedFileFactAttribute : FactAttribute
{
    public SharedFileFactAttribute(params string[] parts)
    {
        if (!File.Exists(RepositoryFiles.Shared(parts)))
            Skip = $"../shared/{string.Join('/', parts)} is absent.";
    }
}
