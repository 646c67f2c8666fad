using Retort.Training.Progress;

namespace Retort.Training.Comparisons;

/// <summary>How long the cells of a comparison that are not finished will take.</summary>
public static class RemainingTime
{
    /// <summary>Epochs of the student that a cell has made so far.</summary>
    public static int EpochsDone(Cell cell) => CellResult.StudentEpochs(cell.Folder).Count();

    /// <summary>Judges by the epochs that were made: of the same variant where there are any, else of all.</summary>
    /// <param name="grid">The comparison.</param>
    /// <param name="cells">Those of it that will be trained.</param>
    /// <param name="jobs">How many at a time.</param>
    /// <returns>Null while no epoch was made.</returns>
    public static TimeSpan? Of(ComparisonGrid grid, IEnumerable<Cell> cells, int jobs)
    {
        Dictionary<string, EpochResult[]> made = grid.Cells.ToDictionary(cell => cell.Name, cell => CellResult.StudentEpochs(cell.Folder).ToArray());
        double[] all = [.. made.Values.SelectMany(epochs => epochs).Select(epoch => epoch.Seconds)];
        if (all.Length == 0)
            return null;
        double seconds = 0;
        foreach (Cell cell in cells.Where(cell => !cell.IsFinished))
        {
            double[] alike = [.. made.Where(other => Variant(other.Key) == Variant(cell.Name)).SelectMany(other => other.Value).Select(e => e.Seconds)];
            seconds += (cell.Recipe.Train.Epochs - made[cell.Name].Length) * (alike.Length > 0 ? alike.Average() : all.Average());
        }

        return TimeSpan.FromSeconds(seconds / jobs);
    }

    private static string Variant(string cell) => cell.Split('/')[0];
}
