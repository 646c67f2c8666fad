using Retort.Training.Verification;
using Spectre.Console;

namespace Retort.Cli.Progress;

/// <summary>The rows of a verification, then what is to be read about the cases that did not pass, then the count.</summary>
internal static class VerificationTable
{
    private const int MostFaults = 5;

    public static void Write(IAnsiConsole console, VerificationReport report)
    {
        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey)
            .AddColumn("case").AddColumn("kind", c => c.NoWrap()).AddColumn("what")
            .AddColumn("ours", c => c.RightAligned().NoWrap()).AddColumn("reference", c => c.RightAligned().NoWrap())
            .AddColumn("max error", c => c.RightAligned().NoWrap()).AddColumn("allowed", c => c.RightAligned().NoWrap())
            .AddColumn("result");
        foreach (CaseResult result in report.Results)
        {
            Check? figure = WithFigures(result.Figure), worst = WithFigures(result.Worst);
            table.AddRow(
                new Text(result.Name), new Text(result.Kind), new Text(result.What), Number(figure?.Ours, "G7"),
                Number(figure?.Reference, "G7"), Number(worst?.Error, "0.0e+00"), Number(worst?.Allowed, "0.0e+00"),
                new Text(result.Summary, new Style(ColourOf(result.Verdict))));
        }

        console.Write(table);
        foreach (var sameFault in report.Results.Where(r => r.Verdict != Verdict.Passed).GroupBy(Explain))
        {
            CaseResult[] cases = [.. sameFault];
            console.WriteLine($"{cases[0].Name}{(cases.Length > 1 ? $" and {cases.Length - 1} more" : "")}: {sameFault.Key}");
        }

        console.WriteLine(report.ToString());
    }

    private static string Explain(CaseResult result)
    {
        IReadOnlyList<string> faults = result.Faults;
        string rest = faults.Count > MostFaults ? $"\n  and {faults.Count - MostFaults} more" : "";
        return faults.Count == 1 ? faults[0] : string.Concat(faults.Take(MostFaults).Select(fault => $"\n  {fault}")) + rest;
    }

    private static Check? WithFigures(Check? check) => check?.Fault is null ? check : null;

    private static Text Number(double? value, string format) => new(value?.ToString(format) ?? "");

    private static Color ColourOf(Verdict verdict) => verdict switch
    {
        Verdict.Passed => Color.Green,
        Verdict.Failed => Color.Red,
        _ => Color.Yellow,
    };
}
