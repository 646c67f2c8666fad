using Retort.Training.Comparisons;

namespace Retort.Cli.Json;

/// <summary>What a comparison has reached: every variant with its figures, and every run.</summary>
internal static class ComparisonJson
{
    /// <summary>Makes the document.</summary>
    /// <param name="name">The comparison's.</param>
    /// <param name="path">Its folder.</param>
    /// <param name="result">What is finished.</param>
    /// <param name="files">The folder with its files; null in a dry run, which writes none.</param>
    public static object Of(string name, string path, ComparisonResult result, ComparisonFolder? files) => new
    {
        Name = name,
        Folder = path,
        Report = files?.ReportFile,
        Markdown = files?.MarkdownFile,
        Csv = files?.CsvFile,
        result.Grid.Seeds,
        Variants = result.Rows.Select(row => Variant(row, result)),
        Teachers = result.Teachers.Select(teacher => Run(teacher.Cell, teacher.Result, result)),
    };

    private static object Variant(RowResult row, ComparisonResult result) => new
    {
        row.Row.Name,
        Networks = row.Row.Pair,
        Finished = row.Finished.Count,
        Accuracy = row.Mean(cell => cell.Accuracy),
        AccuracyDeviation = row.Deviation,
        BestAccuracy = row.Mean(cell => cell.BestAccuracy),
        SecondsPerEpoch = row.Mean(cell => cell.SecondsPerEpoch),
        ImagesPerSecond = row.Mean(cell => cell.ImagesPerSecond),
        VersusAlone = Versus(row, row.Row.Plain, result),
        VersusBaseline = Versus(row, row.Row.Baseline, result),
        Runs = row.Row.Cells.Zip(row.Cells, (cell, figures) => Run(cell, figures, result)),
    };

    private static object? Versus(RowResult row, VariantRow? other, ComparisonResult result) =>
        other is not null && row.To(result.Rows.First(candidate => candidate.Row.Name == other.Name)) is { } difference
            ? new { Variant = other.Name, difference.Mean, difference.HalfWidth }
            : null;

    private static object Run(Cell cell, CellResult? figures, ComparisonResult result) => new
    {
        cell.Name,
        cell.Recipe.Train.Seed,
        cell.Folder,
        State = figures is not null ? "done" : result.Failures.ContainsKey(cell.Name) ? "failed" : "open",
        Reason = result.Failures.GetValueOrDefault(cell.Name),
        figures?.Accuracy, figures?.BestAccuracy, BestIsByDev = figures?.IsBestByDev,
        figures?.SecondsPerEpoch, figures?.ImagesPerSecond, figures?.Threads, figures?.TeacherAccuracy,
    };
}
