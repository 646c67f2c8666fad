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
                + $"as {Path.Combine(path, "checkpoints", "best")}.");
    }

    /// <summary>Whether a path is a run's folder, finished or not.</summary>
    public static bool IsRun(string path) => File.Exists(Path.Combine(path, RunFolder.RecipeName));
}
