using System.Text;
using System.Xml.Linq;
using Retort.Training.Reports.Charts;
using static Retort.Training.Reports.Html;
using static Retort.Training.Reports.HtmlPage;

namespace Retort.Training.Reports;

/// <summary>Writes a run's report: one HTML page that needs nothing else, no script and no network.</summary>
public static class HtmlReport
{
    /// <summary>Writes the page as UTF-8.</summary>
    /// <param name="output">Stays open.</param>
    /// <param name="data">What to show; parts that are missing are left out.</param>
    public static void Write(Stream output, ReportData data)
    {
        using var writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        Write(writer, data);
    }

    /// <summary>Writes the page; <paramref name="output"/> has to encode it as UTF-8.</summary>
    /// <param name="output">Stays open.</param>
    /// <param name="data">What to show; parts that are missing are left out.</param>
    public static void Write(TextWriter output, ReportData data)
        => HtmlPage.Write(
            output, data.Title, data.Subtitle,
            [
                Section("Comparison", new ComparisonSection(data.Networks).Render()),
                Section("Training", new CurvesSection(data.Epochs, Comparison.Student(data.Networks)?.Role).Render()),
                Section("Features", new FeaturesSection(data.Features).Render()),
                Section("Dry run", data.DryRuns.SelectMany(result => new DryRunSection(result).Render())),
                .. Classes(data),
                Section("Mistakes", new MistakesSection(data.Mistakes).Render()),
                Section("Agreement with the teacher", new AgreementSection(data.Networks).Render()),
                Section("Calibration", new CalibrationSection(data.Networks).Render()),
                data.Recipe.Length == 0 ? null : Section("Recipe", El("pre", At("tabindex", "0"), El("code", data.Recipe))),
                Facts(data.Environment),
            ]);

    private static IEnumerable<XElement?> Classes(ReportData data)
    {
        ConfusionMatrix? plain = Matrix(Comparison.Plain(data.Networks), data.Classes);
        NetworkSummary? distilled = Comparison.Distilled(data.Networks);
        ConfusionMatrix? student = Matrix(Comparison.Student(data.Networks), data.Classes);
        yield return Section("Change by class", plain is null || student is null || distilled is null
            ? null
            : new ClassChanges(plain, student, Math.Min(plain.Count, student.Count), ("alone", "distilled"), "student alone and distilled").Render());
        yield return Section(distilled is null ? "Confusion of the student" : "Confusion of the distilled student", student?.Render());
    }

    private static ConfusionMatrix? Matrix(NetworkSummary? network, IReadOnlyList<string> classes)
        => network?.Confusion is { } counts ? new ConfusionMatrix(counts, classes) : null;
}
