namespace Retort.Training.Recipes;

/// <summary>Images that lie on the disk.</summary>
public abstract record StoredDataOptions : DataOptions
{
    /// <summary>The folder. A relative path counts from the current directory, else from the folder of the recipe or of one that it extends.</summary>
    public required string Path { get; init; }
}
