using Retort.Training.Reports;

namespace Retort.Training.Comparisons;

/// <summary>What a comparison has reached so far.</summary>
/// <param name="Grid">Its cells.</param>
/// <param name="Rows">Students alone and variants, in the grid's order.</param>
/// <param name="Teachers">Teachers that the comparison trained, with what they reached; null while one is not finished.</param>
/// <param name="Failures">Why cells failed, by the cell's name.</param>
public sealed record ComparisonResult(
    ComparisonGrid Grid, IReadOnlyList<RowResult> Rows, IReadOnlyList<(Cell Cell, CellResult? Result)> Teachers,
    IReadOnlyDictionary<string, string> Failures)
{
    /// <summary>Reads the figures of all finished cells, and the failures that other processes noted.</summary>
    /// <param name="grid">The comparison.</param>
    /// <param name="failures">Why cells failed in this process, by the cell's name.</param>
    /// <exception cref="RetortException">Files of a finished cell are damaged.</exception>
    public static ComparisonResult Read(ComparisonGrid grid, IReadOnlyDictionary<string, string> failures) => new(
        grid, [.. grid.Rows.Select(row => new RowResult(row, [.. row.Cells.Select(cell => cell.Result())]))],
        [.. grid.Teachers.Select(cell => (cell, cell.Result()))], AllFailures(grid, failures));

    /// <summary>Whether all best epochs were chosen on images held out for it, and none by what it measures.</summary>
    internal bool IsBestByDev => Rows.SelectMany(row => row.Finished).All(cell => cell.IsBestByDev) && Rows.Any(row => row.Finished.Count > 0);

    /// <summary>What the figures are, a sentence each: whose accuracy, over what, trained with what.</summary>
    public IEnumerable<string> Notes()
    {
        yield return "Accuracy is the student's top-1 on the test images after the last epoch: mean ± standard deviation over seeds. "
            + (IsBestByDev
                ? "Best by dev: the mean over runs of the epoch that was best on the images held out of training, measured on the test images."
                : "Best epoch: the mean of each run's best, chosen on the test images it is measured on; compare by the last.");
        yield return "Differences are in points, paired by seed, with the 95 % confidence interval of their mean (Student's t; n/a with one seed).";
        yield return "Time per epoch and images/s are of training; evaluation is not counted.";
        foreach ((Cell cell, CellResult? result) in Teachers)
        {
            yield return $"{cell.Name} was trained once, for all variants and seeds"
                + (result is null ? "; it is not finished." : $": {Figures.Percent(result.Accuracy)} after the last epoch.");
        }

        foreach (string note in TeacherNotes())
            yield return note;
        int[] threads = [.. Rows.SelectMany(row => row.Finished).Select(cell => cell.Threads).Distinct().Order()];
        if (threads.Length > 0)
        {
            yield return $"Threads of a run: {string.Join(" or ", threads)}."
                + (threads.Length > 1 ? " The last digits depend on it; compare runs of one number." : "");
        }

        foreach ((string cell, string reason) in Failures)
            yield return $"{cell} failed: {reason}";
    }

    private static Dictionary<string, string> AllFailures(ComparisonGrid grid, IReadOnlyDictionary<string, string> failures)
    {
        Dictionary<string, string> all = [];
        foreach (Cell cell in grid.Cells)
        {
            if ((failures.GetValueOrDefault(cell.Name) ?? cell.Failure) is { } reason)
                all.Add(cell.Name, reason);
        }

        return all;
    }

    // How good the teachers are, a line for each; those of several rows are one where they are alike.
    private IEnumerable<string> TeacherNotes()
    {
        foreach (IGrouping<(string Name, double? Accuracy), RowResult> rows in Rows.Where(row => row.TeacherAccuracy is not null)
            .GroupBy(row => (row.Row.Cells[0].Recipe.Teacher!.Name, row.TeacherAccuracy)))
        {
            string note = $"The teacher {rows.Key.Name} of {string.Join(", ", rows.Select(row => row.Row.Name))} recognises {Figures.Percent(rows.Key.Accuracy)} of the test images.";
            RowResult? better = Rows.FirstOrDefault(plain => rows.Any(row => row.Row.Plain?.Name == plain.Row.Name) && plain.Mean(cell => cell.Accuracy) > rows.Key.Accuracy);
            yield return better is null ? note
                : $"Warning: {note} That is less than the {better.Row.Name}, {Figures.Percent(better.Mean(cell => cell.Accuracy))}: take a better teacher, or train it longer.";
        }
    }
}
