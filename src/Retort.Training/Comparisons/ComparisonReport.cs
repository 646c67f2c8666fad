using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Retort.Torch;
using Retort.Training.Reports;
using Retort.Training.Reports.Charts;
using static Retort.Training.Reports.Html;
using static Retort.Training.Reports.HtmlPage;

namespace Retort.Training.Comparisons;

/// <summary>A comparison's report: one HTML page that needs nothing else, no script and no network.</summary>
internal static class ComparisonReport
{
    /// <summary>Writes the page as UTF-8; <paramref name="output"/> stays open.</summary>
    public static void Write(Stream output, string title, ComparisonResult result, DateTimeOffset now)
    {
        using var writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        HtmlPage.Write(
            writer, title, Subtitle(result),
            [
                Section("Comparison", Table(result), El("ul", At("class", "note"), result.Notes().Select(note => El("li", note)))),
                Section("Accuracy by epoch", Charts(result)),
                Section("Runs", Runs(result)),
                Facts(
                [
                    new("Date", now.ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture)),
                    new("libtorch", TorchRuntime.Version), .. MachineFacts.Read(),
                ]),
            ]);
    }

    private static string Subtitle(ComparisonResult result)
    {
        string[] pairs = [.. result.Rows.Where(row => row.Row.Plain is not null).Select(row => row.Row.Pair).Distinct()];
        string seeds = result.Grid.Seeds.Count == 1 ? $"seed {result.Grid.Seeds[0]}" : $"seeds {string.Join(", ", result.Grid.Seeds)}";
        return $"{string.Join("; ", pairs.Length > 0 ? pairs : [result.Rows[0].Row.Pair])}, {seeds}";
    }

    private static XElement Table(ComparisonResult result)
    {
        var columns = ResultColumns.Of(result);
        return Div("scroll", At("tabindex", "0"), At("role", "region"), At("aria-label", "Variants compared"),
            El("table",
                El("thead", El("tr", columns.Select((c, i) => El("th", At("scope", "col"), At("class", i > 0 ? "n" : null), c.Heading)))),
                El("tbody", result.Rows.Select(row => El("tr", columns.Select((c, i) => i == 0
                    ? El("th", At("scope", "row"), c.Value(row))
                    : El("td", At("class", "n"), c.Value(row))))))));
    }

    // A chart for each variant beside the student alone: with all of them in one, nothing could be told apart.
    private static XElement? Charts(ComparisonResult result)
    {
        XElement[] charts =
        [
            .. result.Rows.Where(row => row.Curve.Count > 1).Select((row, i) => new LineChart
            {
                Id = $"curve-{i}",
                Title = row.Row.Name,
                Subject = $"top-1 on the test images, mean of {row.Finished.Count} {(row.Finished.Count == 1 ? "seed" : "seeds")}",
                Series =
                [
                    .. result.Rows.Where(plain => plain.Row.Name == row.Row.Plain?.Name).Select(plain => new Series(plain.Row.Name, "plain", plain.Curve)),
                    new Series(row.Row.Name, row.Row.Plain is null ? "plain" : "student", row.Curve),
                ],
                Format = share => Figures.Percent(share),
                FormatLast = share => Figures.Percent(share),
                FocusOnEnd = true,
            }.Render()).OfType<XElement>(),
        ];
        return charts.Length == 0 ? null : Div("charts", charts);
    }

    private static XElement Runs(ComparisonResult result)
        => Div("scroll", At("tabindex", "0"), At("role", "region"), At("aria-label", "Accuracy of every run"),
            El("table", At("class", "epochs"),
                El("caption", "Accuracy of the student after the last epoch, by seed"),
                El("thead", El("tr", El("th", At("scope", "col"), "Variant"),
                    result.Grid.Seeds.Select(seed => El("th", At("scope", "col"), At("class", "n"), $"seed {seed}")))),
                El("tbody", result.Rows.Select(row => El("tr", El("th", At("scope", "row"), row.Row.Name),
                    row.Row.Cells.Zip(row.Cells, (cell, figures) => El("td", At("class", "n"),
                        figures is not null ? Figures.Percent(figures.Accuracy)
                        : result.Failures.ContainsKey(cell.Name) ? "failed" : Figures.None)))))));
}
