using System.Globalization;
using System.Xml.Linq;
using static Retort.Training.Reports.Html;

namespace Retort.Training.Reports.Charts;

/// <summary>
/// A drawing with its axes. The SVG is stretched to the room there is, with strokes that do not stretch; the labels are HTML beside it. So
/// the text has the page's size on a telephone as on a wide screen, which text inside a scaled drawing cannot have.
/// </summary>
internal static class PlotFrame
{
    /// <summary>Width and height of a drawing in its own coordinates.</summary>
    public const int Size = 1000;

    /// <summary>Puts the marks of both axes around a drawing.</summary>
    /// <param name="drawing">The SVG.</param>
    /// <param name="x">The horizontal axis.</param>
    /// <param name="y">The vertical axis.</param>
    /// <param name="xName">What the horizontal axis shows.</param>
    /// <param name="xFormat">Writes its marks.</param>
    /// <param name="yFormat">Writes the marks of the vertical axis.</param>
    public static XElement Around(XElement drawing, Axis x, Axis y, string xName, Func<double, string> xFormat, Func<double, string> yFormat)
        => Div("plot",
            Div("ymarks", At("aria-hidden", "true"), y.Marks.Select(m => Mark("bottom", y.Place(m), yFormat(m)))),
            drawing,
            Div("xmarks", At("aria-hidden", "true"), x.Marks.Select(m => Mark("left", x.Place(m), xFormat(m)))),
            Div("xname", At("aria-hidden", "true"), xName));

    /// <summary>An empty drawing with the lines of the vertical axis; screen readers get its title and description.</summary>
    public static XElement Drawing(string id, string title, string description, Axis y, params object?[] content)
        => El("svg", At("viewBox", $"0 0 {Size} {Size}"), At("preserveAspectRatio", "none"), At("role", "img"),
            At("aria-labelledby", $"{id}-title {id}-desc"),
            El("title", At("id", $"{id}-title"), title),
            El("desc", At("id", $"{id}-desc"), description),
            El("path", At("class", "grid"), At("d", string.Concat(y.Marks.Select(m => $"M0 {Coordinate(1 - y.Place(m))}H{Size}")))),
            content);

    /// <summary>A share of the drawing's width or height in its coordinates.</summary>
    public static string Coordinate(double share) => (share * Size).ToString("0.#", CultureInfo.InvariantCulture);

    private static XElement Mark(string side, double place, string text)
        => El("span", At("style", FormattableString.Invariant($"{side}:{place * 100:0.##}%")), text);
}
