using Retort.Training.DryRuns;
using Retort.Training.Reports;
using Spectre.Console;

namespace Retort.Cli.Progress;

/// <summary>The terms of the student's loss before its first step, as the report shows them.</summary>
internal static class DryRunTable
{
    public static Table Of(DryRunResult result)
    {
        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey)
            .AddColumn("term", c => c.NoWrap()).AddColumn("weight", Right).AddColumn("loss", Right).AddColumn("gradient", Right)
            .AddColumn("taps: student ← teacher").AddColumn("own modules");
        foreach (DryRunTerm term in result.Terms)
        {
            table.AddRow(
                new Text(term.Name), new Text(Figures.Loss(term.Weight)), new Text(Figures.Loss(term.Value)), new Text(Figures.Percent(term.Share)),
                new Text(string.Join('\n', term.Taps)), new Text(string.Join('\n', term.Parts.Select(Figures.Part))));
        }

        return table;

        static void Right(TableColumn column) => column.RightAligned().NoWrap();
    }
}
