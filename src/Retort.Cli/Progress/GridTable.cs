using Retort.Training.Comparisons;
using Retort.Training.Reports;
using Spectre.Console;

namespace Retort.Cli.Progress;

/// <summary>What a comparison consists of, and how far each run is, before it starts.</summary>
internal static class GridTable
{
    public static void Write(Terminal terminal, ComparisonGrid grid, int jobs)
    {
        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey).AddColumn("variant").AddColumn("networks");
        foreach (long seed in grid.Seeds)
            table.AddColumn($"seed {seed}", c => c.RightAligned().NoWrap());
        foreach (Cell teacher in grid.Teachers)
            table.AddRow([new Text(teacher.Name), new Text(teacher.Recipe.Student.Model), new Text(State(teacher))]);
        foreach (VariantRow row in grid.Rows)
            table.AddRow([new Text(row.Name), new Text(row.Pair), .. row.Cells.Select(cell => new Text(State(cell)))]);
        terminal.Console.Write(table);

        Cell[] cells = [.. grid.Cells];
        int open = cells.Count(cell => !cell.IsFinished);
        terminal.Output.WriteLine($"{cells.Length} runs, {cells.Length - open} done, {open} to do{Left(grid, cells, jobs)}.");
    }

    /// <summary>", about 1:02:09 left", or nothing while there is nothing to judge by.</summary>
    public static string Left(ComparisonGrid grid, IEnumerable<Cell> cells, int jobs) =>
        RemainingTime.Of(grid, cells, jobs) is { TotalSeconds: > 0 } left ? $", about {Figures.Duration(left.TotalSeconds)} left" : "";

    private static string State(Cell cell) =>
        cell.IsFinished ? "done"
        : RemainingTime.EpochsDone(cell) is > 0 and var epochs ? $"{epochs} of {cell.Recipe.Train.Epochs} epochs"
        : "to do";
}
