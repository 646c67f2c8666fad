using System.Globalization;
using System.Text;
using System.Xml.Linq;
using static Retort.Training.Reports.Charts.PlotFrame;
using static Retort.Training.Reports.Html;

namespace Retort.Training.Reports.Charts;

/// <summary>Lines over epochs.</summary>
internal sealed record LineChart
{
    public required string Id { get; init; }

    public required string Title { get; init; }

    /// <summary>What the vertical axis shows, with its unit.</summary>
    public required string Subject { get; init; }

    public required IReadOnlyList<Series> Series { get; init; }

    /// <summary>Writes a value; also those of the marks.</summary>
    public required Func<double, string> Format { get; init; }

    /// <summary>Writes the last value of a series beside its name; null leaves it out.</summary>
    public Func<double, string>? FormatLast { get; init; }

    /// <summary>Whether the vertical axis begins at zero.</summary>
    public bool FromZero { get; init; }

    /// <summary>Whether a steep beginning may leave the frame below, so that the ends of the lines can be told apart.</summary>
    public bool FocusOnEnd { get; init; }

    /// <summary>Draws a smoothed line over each faint exact one; only long lines are smoothed.</summary>
    public bool Smooth { get; init; }

    /// <summary>Extra class of the figure.</summary>
    public string? Css { get; init; }

    /// <summary>Makes the figure; null when no series has a point to draw.</summary>
    public XElement? Render()
    {
        Series[] drawn = [.. Series.Where(s => s.Last is not null)];
        if (drawn.Length == 0)
        {
            return null;
        }

        Axis y = ValueAxis([.. drawn.SelectMany(s => s.Points).Select(p => p.Y).Where(double.IsFinite)]);
        bool cut = drawn.Any(s => s.Points.Any(p => p.Y < y.Low));
        Axis x = Axis.Counting((int)drawn.Max(s => s.Points[^1].X));
        return El("figure", At("class", $"chart {Css}".TrimEnd()),
            El("figcaption", El("h3", Title), El("p", cut ? $"{Subject}; the steep beginning is below the frame" : Subject)),
            Legend(drawn),
            PlotFrame.Around(Drawing(drawn, x, y), x, y, "epoch", Plain, Format));
    }

    private Axis ValueAxis(double[] values)
    {
        if (FocusOnEnd)
        {
            Array.Sort(values);
            int steep = values.Length / 8;
            if (values[^1] - values[steep] < 0.7 * (values[^1] - values[0]))
            {
                values = values[steep..];
            }
        }

        return Axis.Around(FromZero ? values.Append(0) : values);
    }

    private XElement Legend(Series[] drawn)
        => El("ul", At("class", "legend"), drawn.Select(s => El("li", At("class", s.Css),
            El("span", At("class", "key"), At("aria-hidden", "true")),
            El("span", At("class", "name"), s.Name),
            FormatLast is null ? null : El("span", At("class", "value"), FormatLast(s.Last!.Value)))));

    private XElement Drawing(Series[] drawn, Axis x, Axis y)
    {
        string Path(Series series) => PathOf(series.Points, x, y);
        return PlotFrame.Drawing(Id, Title, Description(drawn), y,
            El("clipPath", At("id", $"{Id}-frame"), El("rect", At("x", -Size / 20), At("y", -Size / 20), At("width", Size * 11 / 10), At("height", Size * 21 / 20))),
            drawn.Select(s => El("g", At("class", s.Css), At("clip-path", $"url(#{Id}-frame)"),
                Smooth && s.Points.Count >= 8
                    ? new[] { Line("line faint", Path(s)), Line("line", Path(s.Smoothed(s.Points.Count / 20 + 1))) }
                    : [Line("line", Path(s))])),
            drawn.Select(s => El("g", At("class", s.Css), s.Points.Where(p => double.IsFinite(p.Y) && p.Y >= y.Low).Select(p => Dot(s, p, x, y)))));
    }

    private static XElement Line(string css, string path) => El("path", At("class", css), At("d", path));

    // A stroke of no length with round ends: a dot that stays round however the drawing is stretched.
    private XElement Dot(Series series, (double X, double Y) point, Axis x, Axis y)
        => El("path", At("class", series.Points.Count == 1 ? "dot alone" : "dot"), At("d", PathOf([point], x, y)),
            El("title", $"{series.Name}, epoch {Plain(point.X)}: {Format(point.Y)}"));

    private string Description(Series[] drawn)
        => $"{Subject}, by epoch. " + string.Join("; ", drawn.Select(s =>
        {
            double[] values = [.. s.Points.Select(p => p.Y).Where(double.IsFinite)];
            return $"{s.Name} from {Format(values[0])} to {Format(values[^1])} over {values.Length} epochs";
        })) + ".";

    private static string PathOf(IReadOnlyList<(double X, double Y)> points, Axis x, Axis y)
    {
        var path = new StringBuilder();
        bool down = false;
        for (int i = 0; i < points.Count; i++)
        {
            if (!double.IsFinite(points[i].Y))
            {
                down = false;
                continue;
            }

            path.Append(down ? 'L' : 'M').Append(Coordinate(x.Place(points[i].X))).Append(' ').Append(Coordinate(1 - y.Place(points[i].Y)));
            if (!down && (i + 1 == points.Count || !double.IsFinite(points[i + 1].Y)))
            {
                path.Append("h0"); // a point between two gaps, visible through its round ends
            }

            down = true;
        }

        return path.ToString();
    }

    private static string Plain(double value) => value.ToString("0", CultureInfo.InvariantCulture);
}
