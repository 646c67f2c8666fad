using Retort.Training.Recipes;

namespace Retort.Training.Data.Fetching;

/// <summary>A published data set that can be fetched.</summary>
public sealed record FetchableDataset
{
    /// <summary>As it is asked for: "cifar10".</summary>
    public required string Name { get; init; }

    /// <summary>Its files on the web. Archives (.tar.gz) are unpacked, others kept as they are.</summary>
    public required IReadOnlyList<RemoteFile> Files { get; init; }

    /// <summary>The files that it has on the disk, by their paths in its folder, and their sizes.</summary>
    public required IReadOnlyDictionary<string, long> Contents { get; init; }

    /// <summary>The mapping of a recipe's 'data' with which it is read, without its path: "kind: cifar10".</summary>
    public required string Recipe { get; init; }

    /// <summary>Bytes that an archive may unpack to.</summary>
    public long MostUnpacked { get; init; } = 256L << 20;

    /// <summary>Bytes to fetch.</summary>
    public long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>Whether a folder holds it, by names and sizes.</summary>
    /// <param name="folder">The folder.</param>
    public bool IsIn(string folder) => Contents.All(file => new FileInfo(Path.Combine(folder, file.Key)) is { Exists: true } found && found.Length == file.Value);

    /// <summary>The line of a recipe that reads it.</summary>
    /// <param name="folder">Its folder.</param>
    public string RecipeLine(string folder) => DataLine.Of(Recipe, folder);
}
