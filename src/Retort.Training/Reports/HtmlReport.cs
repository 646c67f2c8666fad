using System.Reflection;
using System.Text;
using System.Xml.Linq;
using Retort.Training.Reports.Charts;
using static Retort.Training.Reports.Html;

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
        => Html.Write(output, El("html", At("lang", "en"),
            El("head",
                El("meta", At("charset", "utf-8")),
                El("meta", At("http-equiv", "Content-Security-Policy"), At("content", "default-src 'none'; style-src 'unsafe-inline'; img-src data:")),
                El("meta", At("name", "viewport"), At("content", "width=device-width, initial-scale=1")),
                El("meta", At("name", "color-scheme"), At("content", "light dark")),
                El("title", data.Title),
                El("style", StyleSheet())),
            El("body",
                El("header", El("p", At("class", "brand"), "Retort"), El("h1", data.Title), El("p", At("class", "subtitle"), data.Subtitle)),
                El("main",
                    Section("Comparison", new ComparisonSection(data.Networks).Render()),
                    Section("Training", new CurvesSection(data.Epochs).Render()),
                    Section("Features", new FeaturesSection(data.Features).Render()),
                    Section("Dry run", new DryRunSection(data.DryRun).Render()),
                    Classes(data),
                    Section("Mistakes", new MistakesSection(data.Mistakes).Render()),
                    Section("Agreement with the teacher", new AgreementSection(data.Networks).Render()),
                    Section("Calibration", new CalibrationSection(data.Networks).Render()),
                    data.Recipe.Length == 0 ? null : Section("Recipe", El("pre", At("tabindex", "0"), El("code", data.Recipe))),
                    data.Environment.Count == 0 ? null : Section("Environment", Facts(data.Environment))),
                El("footer", El("p", $"Made by Retort {Version()}.")))));

    private static XElement? Section(string heading, params IEnumerable<XElement?> content)
    {
        XElement[] parts = [.. content.OfType<XElement>()];
        return parts.Length == 0 ? null : El("section", El("h2", heading), parts);
    }

    private static IEnumerable<XElement?> Classes(ReportData data)
    {
        ConfusionMatrix? plain = Matrix(Comparison.Plain(data.Networks), data.Classes);
        ConfusionMatrix? distilled = Matrix(Comparison.Distilled(data.Networks), data.Classes);
        yield return Section("Change by class", plain is null || distilled is null
            ? null
            : new ClassChanges(plain, distilled, Math.Min(plain.Count, distilled.Count)).Render());
        yield return Section("Confusion of the distilled student", distilled?.Render());
    }

    private static ConfusionMatrix? Matrix(NetworkSummary? network, IReadOnlyList<string> classes)
        => network?.Confusion is { } counts ? new ConfusionMatrix(counts, classes) : null;

    private static XElement Facts(IEnumerable<KeyValuePair<string, string>> facts)
        => El("dl", facts.Select(f => El("div", El("dt", f.Key), El("dd", f.Value))));

    private static string Version()
        => typeof(HtmlReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static string StyleSheet()
    {
        using Stream resource = typeof(HtmlReport).Assembly.GetManifestResourceStream("report.css")!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }
}
