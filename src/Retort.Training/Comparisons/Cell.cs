using Retort.Training.Recipes;
using Retort.Training.Runs;

namespace Retort.Training.Comparisons;

/// <summary>One training of a comparison: a run of one student, in a folder of its own.</summary>
/// <param name="Name">As "kd/seed-0"; also its place below the comparison's <c>runs/</c>.</param>
/// <param name="Folder">The run's folder.</param>
/// <param name="Recipe">The run's recipe.</param>
/// <param name="Teacher">The cell whose student is this one's teacher; null where the teacher is given, or there is none.</param>
public sealed record Cell(string Name, string Folder, Recipe Recipe, Cell? Teacher = null)
{
    /// <summary>The weights that the cell gives.</summary>
    public string StudentFile => Path.Combine(Folder, RunFolder.StudentName);

    /// <summary>Whether it was trained to its end.</summary>
    public bool IsFinished => RunFolder.IsFinished(Folder);

    /// <summary>Whether a process, on whatever machine, trains it now.</summary>
    internal bool IsHeld => RunFolder.IsHeld(Folder);

    /// <summary>Why it failed, here or in another process: for a reason of its own, or with its teacher. Null where it is finished, or may yet be.</summary>
    internal string? Failure => IsFinished ? null : RunFailure.Read(Folder)?.Reason ?? (Teacher?.Failure is { } why ? WithTeacher(why) : null);

    /// <summary>The reason of a cell whose teacher failed.</summary>
    /// <param name="reason">The teacher's.</param>
    internal string WithTeacher(string reason) => $"its teacher {Teacher!.Name} failed: {reason}";

    /// <summary>What it reached; null while it is not finished.</summary>
    /// <exception cref="RetortException">The run's files are damaged.</exception>
    public CellResult? Result() => IsFinished ? CellResult.Read(Folder, [Recipe.Data.GetType()]) : null;

    /// <summary>Refuses what was trained with another recipe: its figures are not those of this comparison.</summary>
    /// <exception cref="RunFolderException">The folder's run has another recipe.</exception>
    public void RefuseOtherRecipe() =>
        BegunRun.RequireSameRecipe(Folder, Recipe, "compare into another folder (--out), or delete this one to train it anew");
}
