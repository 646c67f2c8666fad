using System.Xml.Linq;
using static Retort.Training.Reports.Html;

namespace Retort.Training.Reports;

/// <summary>What stages of methods have learned, as pictures of feature maps.</summary>
internal sealed class FeaturesSection(IReadOnlyList<FeatureFigure> figures)
{
    /// <summary>Makes a table of pictures for each figure.</summary>
    public IEnumerable<XElement?> Render() => figures.Select(figure => El("figure", At("class", "features"),
        El("figcaption", El("h3", $"{figure.Stage}: {figure.Title}")),
        Div("scroll", At("tabindex", "0"), At("role", "region"), At("aria-label", figure.Title),
            El("table",
                Unseen(figure.Title),
                El("thead", El("tr", figure.Columns.Select(column => El("th", At("scope", "col"), column)))),
                El("tbody", figure.Rows.Select(row => El("tr", row.Select(picture => El("td", El("img",
                    At("alt", picture.Name), At("title", picture.Name), At("width", picture.Width), At("height", picture.Height),
                    At("src", picture.ToDataAddress())))))))))));
}
