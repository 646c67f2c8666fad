using Retort.Training.DryRuns;
using Retort.Training.Reports;
using Spectre.Console;

namespace Retort.Cli.Progress;

/// <summary>The terms of a stage's loss before its first step, as the report shows them.</summary>
internal static class DryRunTable
{
    public static Table Of(DryRunResult result)
    {
        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey).Title($"[grey]dry run of {Markup.Escape(result.Stage)}[/]")
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

    /// <summary>What the table has no room for: a line for each module with its layers.</summary>
    public static IEnumerable<string> Modules(DryRunResult result) => result.Terms.SelectMany(term => term.Parts)
        .Where(part => part.Layers.Count > 0).Select(Part).Distinct();

    /// <summary>"connector, 20.5 k parameters: Conv2d [256, 64, 1, 1], BatchNorm2d [256], ReLU".</summary>
    public static string Part(MethodPart part) => part.Layers.Count == 0 ? Figures.Part(part) : $"{Figures.Part(part)}: {Figures.Layers(part)}";
}
