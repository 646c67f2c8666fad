namespace Retort.Training.Runs;

/// <summary>What a run left in its folder for others to use.</summary>
/// <param name="StudentFile">The student's final weights.</param>
/// <param name="RecipeFile">The resolved recipe.</param>
public sealed record FinishedRun(string StudentFile, string RecipeFile)
{
    /// <summary>Looks into a folder.</summary>
    /// <param name="path">A folder, or anything else.</param>
    /// <returns>Null where it is no run's folder.</returns>
    /// <exception cref="RunFolderException">It is one, but the run has not reached its end.</exception>
    public static FinishedRun? Find(string path)
    {
        if (!IsRun(path))
            return null;
        var run = new FinishedRun(Path.Combine(path, RunFolder.StudentName), Path.Combine(path, RunFolder.RecipeName));
        return File.Exists(run.StudentFile)
            ? run
            : throw new RunFolderException(
                path, $"The run in '{path}' is not finished, so there is no {RunFolder.StudentName}: go on with it by --resume, or name one of its checkpoints, "
                + $"as {Path.Combine(path, RunFolder.CheckpointsName, "best")}.");
    }

    /// <summary>The resolved recipe of the run that weights are of: its student's, or those of one of its checkpoints.</summary>
    /// <param name="weights">A file, or a checkpoint's folder.</param>
    /// <returns>Null where they are of no run.</returns>
    public static string? RecipeOf(string weights)
    {
        weights = Path.GetFullPath(weights);
        for (string? folder = Path.GetDirectoryName(weights); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            bool isOfRun = weights == Path.Combine(folder, RunFolder.StudentName)
                || weights.StartsWith(Path.Combine(folder, RunFolder.CheckpointsName) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
            if (isOfRun && IsRun(folder))
                return Path.Combine(folder, RunFolder.RecipeName);
        }

        return null;
    }

    /// <summary>Whether a path is a run's folder, finished or not.</summary>
    public static bool IsRun(string path) => File.Exists(Path.Combine(path, RunFolder.RecipeName));
}
