using Retort.Training.Reports;
using Spectre.Console;

namespace Retort.Cli.Progress;

/// <summary>The networks of a run side by side, as the report shows them.</summary>
internal static class ComparisonTable
{
    /// <summary>Builds the table; the last column is the difference to the student trained alone.</summary>
    public static Table Of(IReadOnlyList<NetworkSummary> networks)
    {
        NetworkSummary? plain = Comparison.Plain(networks);
        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey)
            .AddColumn("", Left).AddColumn("model", Left).AddColumn("parameters", Right).AddColumn("MACs", Right)
            .AddColumn("accuracy", Right).AddColumn(Comparison.IsChosenOnDev(networks) ? "best by dev" : "best on test", Right).AddColumn("images/s", Right);
        if (plain is not null)
        {
            table.AddColumn("vs alone", Right);
        }

        foreach (NetworkSummary network in networks)
        {
            bool distilled = network == Comparison.Distilled(networks);
            List<Text> cells =
            [
                new(network.Role, distilled ? new Style(decoration: Decoration.Bold) : null),
                new(network.Model),
                new(Figures.Count(network.Parameters)),
                new(Figures.Work(network.Macs)),
                new(Figures.Percent(network.Accuracy), distilled ? new Style(decoration: Decoration.Bold) : null),
                new(Figures.Percent(network.BestAccuracy)),
                new(Figures.Rate(network.ImagesPerSecond)),
            ];
            if (plain is not null)
            {
                cells.Add(network == plain ? new Text("") : Difference(network.Accuracy - plain.Accuracy));
            }

            table.AddRow(cells);
        }

        return table;

        static void Left(TableColumn column) => column.NoWrap();
        static void Right(TableColumn column) => column.RightAligned().NoWrap();
    }

    private static Text Difference(double difference)
        => new(Figures.Points(difference), difference > 0 ? new Style(Color.Green) : difference < 0 ? new Style(Color.Red) : null);
}
