using Retort.Vision.Datasets;

namespace Retort.Training.Recipes;

/// <summary>Images that lie on the disk.</summary>
public abstract record StoredDataOptions : DataOptions
{
    /// <summary>The folder. A relative path counts from the current directory, else from the folder of the recipe or of one that it extends.</summary>
    public required string Path { get; init; }

    /// <summary>The images of a folder, by what lies in it: those in folders of classes where there are such, else a published data set's.</summary>
    /// <param name="folder">The folder; where it is missing, reading says so.</param>
    internal static StoredDataOptions Of(string folder) =>
        !ImageFolder.HasSplit(folder, DatasetSplit.Training) && !ImageFolder.HasSplit(folder, DatasetSplit.Test) && PublishedData.In(folder) is { } published
            ? published.Options
            : new FolderDataOptions { Path = folder };
}
