using Retort.Training.Reports;

namespace Retort.Training.Comparisons;

/// <summary>The columns of a comparison's table: the same on the terminal, in the report and in Markdown.</summary>
internal static class ResultColumns
{
    private const string NotAvailable = "n/a";

    /// <summary>Headings, and what stands under them; those that would be empty in every row are left out.</summary>
    public static IReadOnlyList<(string Heading, Func<RowResult, string> Value)> Of(ComparisonResult result)
    {
        List<(string, Func<RowResult, string>)> columns = [("variant", row => row.Row.Name)];
        if (result.Rows.Select(row => row.Row.Pair).Distinct().Count() > (result.Rows.Any(row => row.Row.Plain is null) ? 2 : 1))
            columns.Add(("networks", row => row.Row.Pair));
        columns.Add(("seeds", row => row.Finished.Count == row.Cells.Count ? $"{row.Cells.Count}" : $"{row.Finished.Count} of {row.Cells.Count}"));
        columns.Add(("accuracy, last epoch", row => Spread(row.Mean(cell => cell.Accuracy), row.Deviation)));
        columns.Add((result.IsBestByDev ? "best by dev" : "best epoch", row => Figures.Percent(row.Mean(cell => cell.BestAccuracy))));
        columns.Add(("vs alone [95 %]", row => To(row, row.Row.Plain, result)));
        foreach (VariantRow baseline in result.Rows.Select(row => row.Row.Baseline).OfType<VariantRow>().DistinctBy(row => row.Name))
        {
            columns.Add(($"vs {baseline.Name} [95 %]", row => row.Row.Baseline?.Name == baseline.Name ? To(row, baseline, result) : ""));
        }

        columns.Add(("time per epoch", row => Figures.Duration(row.Mean(cell => cell.SecondsPerEpoch) ?? double.NaN)));
        columns.Add(("images/s", row => Figures.Rate(row.Mean(cell => cell.ImagesPerSecond) ?? double.NaN)));
        return columns;
    }

    private static string Spread(double? mean, double? deviation) =>
        mean is null ? Figures.None
        : deviation is { } d ? $"{mean * 100:F2} ± {d * 100:F2} %" : Figures.Percent(mean);

    private static string To(RowResult row, VariantRow? other, ComparisonResult result)
    {
        if (other is null)
            return "";
        if (row.To(result.Rows.First(r => r.Row.Name == other.Name)) is not { } difference)
            return Figures.None;
        return difference.HalfWidth is { } half
            ? $"{Figures.Points(difference.Mean)} [{Figures.Points(difference.Mean - half)}, {Figures.Points(difference.Mean + half)}]"
            : $"{Figures.Points(difference.Mean)} [{NotAvailable}]";
    }
}
