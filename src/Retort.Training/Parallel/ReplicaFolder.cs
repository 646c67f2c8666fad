using System.Text.Json;
using Retort.Training.Recipes;
using Retort.Training.Runs;

namespace Retort.Training.Parallel;

/// <summary>
/// Where the processes that train together write: the first one into the run's folder, every other one into a temporary folder of its own, which begins with the
/// checkpoints of the first and is gone when it is disposed. So all of them resume alike, on machines that need not share a disk.
/// </summary>
public sealed class ReplicaFolder : IDisposable
{
    private readonly string? _temporary;

    private ReplicaFolder(RunFolder folder, string? temporary) => (Folder, _temporary) = (folder, temporary);

    /// <summary>What a run of this process writes.</summary>
    public RunFolder Folder { get; }

    /// <summary>Opens the folders; in all processes at a time.</summary>
    /// <param name="path">The run's folder.</param>
    /// <param name="existing">What to do when a run is in it already.</param>
    /// <param name="replicas">The processes.</param>
    /// <param name="time">Clock for what is written; the system's by default.</param>
    /// <exception cref="RunFolderException">The folder is in use, holds something else, or cannot be written.</exception>
    public static ReplicaFolder Open(string path, ExistingRun existing, Replicas replicas, TimeProvider? time = null)
    {
        string? temporary = replicas.IsFirst ? null : Directory.CreateTempSubdirectory($"retort-rank-{replicas.Share.Rank}-").FullName;
        RunFolder? folder = null;
        try
        {
            folder = RunFolder.Open(temporary ?? path, existing, time);
            if (replicas.Share.Count > 1)
                Copy(folder.CheckpointsFolder, replicas);
            return new ReplicaFolder(folder, temporary);
        }
        catch
        {
            folder?.Dispose();
            Delete(temporary);
            throw;
        }
    }

    /// <summary>The recipe for this process: what only one is to do is left to the first.</summary>
    /// <param name="recipe">The run's.</param>
    /// <param name="path">The run's folder.</param>
    /// <param name="replicas">The processes.</param>
    /// <exception cref="RetortException">The first process has another recipe.</exception>
    public static Recipe RecipeOf(Recipe recipe, string path, Replicas replicas)
    {
        if (replicas.Share.Count == 1)
            return recipe;
        string first = replicas.Equalise(recipe.ToYaml());
        Recipe begun = Recipe.Parse(first, "the recipe of rank 0", variants: [recipe.Data.GetType()]);
        if (RecipeDifference.Find(begun, recipe) is { } difference)
        {
            throw new RetortException(
                $"Rank {replicas.Share.Rank} has {difference.Key} {difference.Now}, but rank 0 has {difference.Before}: start all ranks with the same recipe and options.")
            { WrongUse = true };
        }

        if (replicas.IsFirst)
            return recipe;
        recipe = recipe with { Tensorboard = null };
        return recipe.Teacher?.Cache is { Enabled: true, Folder: null } cache
            ? recipe with { Teacher = recipe.Teacher with { Cache = cache with { Folder = TeacherCaching.FolderBeside(path) } } }
            : recipe;
    }

    /// <summary>Gives the folder back, and deletes a temporary one.</summary>
    public void Dispose()
    {
        Folder.Dispose();
        Delete(_temporary);
    }

    private static void Copy(string checkpoints, Replicas replicas)
    {
        SortedDictionary<string, long> files = new(StringComparer.Ordinal);
        if (replicas.IsFirst && Directory.Exists(checkpoints))
        {
            foreach (FileInfo file in new DirectoryInfo(checkpoints).EnumerateFiles("*", SearchOption.AllDirectories))
                files.Add(Path.GetRelativePath(checkpoints, file.FullName), file.Length);
        }

        files = JsonSerializer.Deserialize<SortedDictionary<string, long>>(replicas.Equalise(JsonSerializer.Serialize(files)))!;
        foreach ((string name, long length) in files)
        {
            string path = Path.Combine(checkpoints, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using FileStream stream = replicas.IsFirst ? File.OpenRead(path) : File.Create(path);
            replicas.Equalise(stream, length);
        }
    }

    private static void Delete(string? temporary)
    {
        if (temporary is not null && Directory.Exists(temporary))
            Directory.Delete(temporary, recursive: true);
    }
}
