using System.Xml.Linq;
using static Retort.Training.Reports.Html;

namespace Retort.Training.Reports;

/// <summary>The answer first: what distillation gained and what the student saves, then the networks side by side.</summary>
internal sealed class ComparisonSection(IReadOnlyList<NetworkSummary> networks)
{
    private readonly NetworkSummary? _teacher = Comparison.Teacher(networks);
    private readonly NetworkSummary? _plain = Comparison.Plain(networks);
    private readonly NetworkSummary? _distilled = Comparison.Distilled(networks);

    /// <summary>Makes the tiles, the table and its footnote; nothing when there is no network.</summary>
    public IEnumerable<XElement?> Render()
    {
        if (networks.Count == 0)
        {
            yield break;
        }

        XElement[] tiles = [.. Tiles()];
        yield return tiles.Length == 0 ? null : El("ul", At("class", "tiles"), tiles);
        yield return Table();
        yield return El("p", At("class", "note"),
            "Accuracy: top-1 on the test images after the last epoch. "
            + (Comparison.IsChosenOnDev(networks)
                ? "Best by dev: top-1 on the test images after the epoch that was best on the development images. "
                : "Best: the best epoch on the same images, so it is chosen by what it measures; compare by accuracy. ")
            + "Images/s: inference on the machine below.");
    }

    private IEnumerable<XElement> Tiles()
    {
        if (_distilled is null)
        {
            yield break;
        }

        if (_plain is not null)
        {
            yield return Tile(Figures.Points(_distilled.Accuracy - _plain.Accuracy), "points of accuracy from distillation", "lead");
        }

        if (_teacher is not { Accuracy: > 0 })
        {
            yield break;
        }

        yield return Tile(Figures.Percent(_distilled.Accuracy / _teacher.Accuracy), "of the teacher’s accuracy kept");
        if (_distilled.Parameters > 0 && _teacher.Parameters > 0)
        {
            yield return Tile(Figures.Times((double)_teacher.Parameters / _distilled.Parameters), "fewer parameters than the teacher");
        }

        double faster = _distilled.ImagesPerSecond / _teacher.ImagesPerSecond;
        if (double.IsFinite(faster) && faster > 0)
        {
            yield return Tile(Figures.Times(faster), "the teacher’s speed");
        }
    }

    private static XElement Tile(string figure, string meaning, string? css = null)
        => El("li", At("class", css), El("strong", figure), El("span", meaning));

    // Narrow screens show each row as a card, which takes the table's meaning away unless the roles say it again.
    private XElement Table()
    {
        List<(string Heading, Func<NetworkSummary, string> Value)> columns =
        [
            ("Model", n => n.Model),
            ("Parameters", n => Figures.Count(n.Parameters)),
            ("MACs", n => Figures.Work(n.Macs)),
            ("Accuracy", n => Figures.Percent(n.Accuracy)),
            (Comparison.IsChosenOnDev(networks) ? "Best by dev" : "Best", n => Figures.Percent(n.BestAccuracy)),
            ("Images/s", n => Figures.Rate(n.ImagesPerSecond)),
        ];
        if (_plain is not null)
        {
            columns.Add(("vs alone", n => n == _plain ? "" : Figures.Points(n.Accuracy - _plain.Accuracy)));
        }

        return El("table", At("class", "networks"), At("role", "table"), At("aria-label", "Networks compared"),
            El("thead", At("role", "rowgroup"), El("tr", At("role", "row"),
                El("th", At("role", "columnheader"), At("scope", "col"), "Network"),
                columns.Select((c, i) => El("th", At("role", "columnheader"), At("scope", "col"), At("class", i > 0 ? "n" : null), c.Heading)))),
            El("tbody", At("role", "rowgroup"), networks.Select(n => El("tr", At("role", "row"), At("class", n == _distilled ? "result" : null),
                El("th", At("role", "rowheader"), At("scope", "row"), n.Role),
                columns.Select((c, i) => El("td", At("role", "cell"), At("class", i > 0 ? "n" : null), At("data-label", c.Heading), c.Value(n)))))));
    }
}
