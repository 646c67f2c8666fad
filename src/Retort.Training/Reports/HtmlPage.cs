using System.Reflection;
using System.Xml.Linq;
using static Retort.Training.Reports.Html;

namespace Retort.Training.Reports;

/// <summary>What all reports have in common: head, style, title, sections, footer.</summary>
internal static class HtmlPage
{
    /// <summary>Writes a page that needs nothing else; <paramref name="output"/> has to encode it as UTF-8.</summary>
    public static void Write(TextWriter output, string title, string subtitle, IEnumerable<XElement?> sections)
        => Html.Write(output, El("html", At("lang", "en"),
            El("head",
                El("meta", At("charset", "utf-8")),
                El("meta", At("http-equiv", "Content-Security-Policy"), At("content", "default-src 'none'; style-src 'unsafe-inline'; img-src data:")),
                El("meta", At("name", "viewport"), At("content", "width=device-width, initial-scale=1")),
                El("meta", At("name", "color-scheme"), At("content", "light dark")),
                El("title", title),
                El("style", StyleSheet())),
            El("body",
                El("header", El("p", At("class", "brand"), "Retort"), El("h1", title), El("p", At("class", "subtitle"), subtitle)),
                El("main", sections),
                El("footer", El("p", $"Made by Retort {Version()}.")))));

    /// <summary>A part of the page with its heading; null when there is nothing in it.</summary>
    public static XElement? Section(string heading, params IEnumerable<XElement?> content)
    {
        XElement[] parts = [.. content.OfType<XElement>()];
        return parts.Length == 0 ? null : El("section", El("h2", heading), parts);
    }

    /// <summary>What the figures depend on, name and value; null when there is none.</summary>
    public static XElement? Facts(IReadOnlyList<KeyValuePair<string, string>> facts)
        => facts.Count == 0 ? null : Section("Environment", El("dl", facts.Select(f => El("div", El("dt", f.Key), El("dd", f.Value)))));

    private static string Version()
        => typeof(HtmlPage).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static string StyleSheet()
    {
        using Stream resource = typeof(HtmlPage).Assembly.GetManifestResourceStream("report.css")!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }
}
