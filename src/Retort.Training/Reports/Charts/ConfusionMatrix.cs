using System.Globalization;
using System.Text;
using System.Xml.Linq;
using static Retort.Training.Reports.Html;

namespace Retort.Training.Reports.Charts;

/// <summary>Which class was taken for which: a table with numbers for few classes, a drawing for many.</summary>
internal sealed class ConfusionMatrix(int[,] counts, IReadOnlyList<string> classes)
{
    private const int MostInTable = 20;
    private const int Shades = 8;
    private const int MostConfused = 6;

    /// <summary>Number of classes.</summary>
    public int Count => _classes;

    private readonly int _classes = Math.Min(counts.GetLength(0), counts.GetLength(1));

    /// <summary>Makes the figure; null when there is no class.</summary>
    public XElement? Render()
        => _classes == 0 ? null : El("figure", At("class", "confusion"),
            _classes <= MostInTable ? Table() : Drawing(),
            Worst());

    /// <summary>Share of a class's images that were recognised; NaN when it has none.</summary>
    public double Recall(int label) => Total(label) is var all and > 0 ? (double)counts[label, label] / all : double.NaN;

    /// <summary>The name of a class; its number where there is no name.</summary>
    public string Name(int label) => label < classes.Count ? classes[label] : $"class {label}";

    private long Total(int row)
    {
        long total = 0;
        for (int column = 0; column < counts.GetLength(1); column++)
        {
            total += counts[row, column];
        }

        return total;
    }

    private double Share(int row, int column) => Total(row) is var all and > 0 ? (double)counts[row, column] / all : 0;

    private XElement Table()
        => Div("scroll", At("tabindex", "0"), At("role", "region"), At("aria-label", "Confusion matrix"),
            El("table", At("class", "matrix"), At("style", $"--classes:{_classes}"),
                El("caption", "Rows: the true class. Columns: what the student said, in percent of the row."),
                El("thead", El("tr", El("td"), Labels().Select(c => El("th", At("scope", "col"), El("span", Name(c)))))),
                El("tbody", Labels().Select(r => El("tr",
                    El("th", At("scope", "row"), At("title", Name(r)), Name(r)), Labels().Select(c => Cell(r, c)))))));

    private XElement Cell(int row, int column)
    {
        double share = Share(row, column);
        string css = (row == column ? "hit" : "miss") + (share > 0.55 ? " strong" : "");
        // The eye should find an error of 3 %: errors are shaded by the root of their share.
        double shade = row == column ? share : Math.Sqrt(share);
        return El("td", At("class", css), At("style", FormattableString.Invariant($"--a:{shade:0.###}")),
            At("title", $"{Name(row)} taken for {Name(column)}: {counts[row, column]} of {Total(row)}"),
            share < 0.005 ? "" : Math.Round(share * 100, MidpointRounding.AwayFromZero).ToString(CultureInfo.InvariantCulture));
    }

    private XElement Drawing()
    {
        var hits = new StringBuilder[Shades];
        var misses = new StringBuilder[Shades];
        foreach ((int row, int column) in from r in Labels() from c in Labels() where counts[r, c] > 0 select (r, c))
        {
            double share = Share(row, column);
            int shade = Math.Clamp((int)((row == column ? share : Math.Sqrt(share)) * Shades), 0, Shades - 1);
            (row == column ? hits : misses).AsSpan()[shade] ??= new StringBuilder();
            (row == column ? hits : misses)[shade].Append(CultureInfo.InvariantCulture, $"M{column} {row}h1v1h-1z");
        }

        return El("svg", At("class", "matrix"), At("viewBox", $"0 0 {_classes} {_classes}"), At("role", "img"),
            At("aria-labelledby", "confusion-title confusion-desc"),
            El("title", At("id", "confusion-title"), "Confusion matrix"),
            El("desc", At("id", "confusion-desc"), $"Rows are the {_classes} true classes, columns what the student said."),
            El("rect", At("class", "frame"), At("width", _classes), At("height", _classes)),
            Paths(misses, "miss"), Paths(hits, "hit"));
    }

    private static IEnumerable<XElement> Paths(StringBuilder?[] shades, string css)
        => from shade in Enumerable.Range(0, Shades)
           where shades[shade] is not null
           select El("path", At("class", css), At("opacity", FormattableString.Invariant($"{(shade + 1.0) / Shades:0.##}")),
               At("d", shades[shade]!.ToString()));

    private XElement? Worst()
    {
        var pairs = (from r in Labels() from c in Labels() where r != c && counts[r, c] > 0
                     orderby Share(r, c) descending select (r, c)).Take(MostConfused).ToArray();
        return pairs.Length == 0 ? null : Div("worst",
            El("h3", "Most often confused"),
            El("ol", pairs.Select(p => El("li",
                El("b", Name(p.r)), " taken for ", El("b", Name(p.c)),
                El("span", At("class", "value"), $"{Figures.Percent(Share(p.r, p.c))}")))));
    }

    private IEnumerable<int> Labels() => Enumerable.Range(0, _classes);
}
