using System.Xml.Linq;
using static Retort.Training.Reports.Html;

namespace Retort.Training.Reports.Charts;

/// <summary>How two networks differ in each class: the images that one recognises and the other, the largest gain first.</summary>
/// <param name="first">What the one said.</param>
/// <param name="second">What the other said, of the same images.</param>
/// <param name="classes">Classes that have images.</param>
/// <param name="names">What they are called at the columns' heads.</param>
/// <param name="caption">What they are, in a few words.</param>
internal sealed class ClassChanges(ConfusionMatrix first, ConfusionMatrix second, int classes, (string First, string Second) names, string caption)
{
    private const int MostInFull = 24;
    private const int OfEachEnd = 10;

    private sealed record Change(string Name, double Before, double After)
    {
        public double Points => After - Before;
    }

    /// <summary>Makes the table; null when no class was measured twice.</summary>
    public XElement? Render()
    {
        Change[] changes =
        [
            .. Enumerable.Range(0, classes)
                .Select(label => new Change(second.Name(label), first.Recall(label), second.Recall(label)))
                .Where(change => double.IsFinite(change.Points))
                .OrderByDescending(change => change.Points),
        ];
        if (changes.Length == 0)
        {
            return null;
        }

        double widest = Math.Max(changes.Max(c => Math.Abs(c.Points)), 1e-9);
        int hidden = changes.Length <= MostInFull ? 0 : changes.Length - 2 * OfEachEnd;
        return El("table", At("class", "changes"),
            El("caption", $"Share of a class's test images that were recognised, {caption}; change in points."),
            El("thead", El("tr",
                El("th", At("scope", "col"), "class"), Number(names.First), Number(names.Second), Number("change"),
                El("td", At("class", "bar"), At("aria-hidden", "true")))),
            El("tbody",
                hidden == 0 ? changes.Select(c => Row(c, widest)) : changes[..OfEachEnd].Select(c => Row(c, widest)),
                hidden == 0 ? null : El("tr", At("class", "gap"), El("td", At("colspan", "5"), $"{hidden} classes between")),
                hidden == 0 ? null : changes[^OfEachEnd..].Select(c => Row(c, widest))));
    }

    private static XElement Number(string heading) => El("th", At("scope", "col"), At("class", "n"), heading);

    private static XElement Row(Change change, double widest)
        => El("tr",
            El("th", At("scope", "row"), change.Name),
            El("td", At("class", "n"), Figures.Percent(change.Before)),
            El("td", At("class", "n"), Figures.Percent(change.After)),
            El("td", At("class", "n"), El("b", Figures.Points(change.Points))),
            El("td", At("class", "bar"), At("aria-hidden", "true"),
                El("span", At("class", change.Points < 0 ? "down" : "up"),
                    At("style", FormattableString.Invariant($"width:{Math.Abs(change.Points) / widest * 50:0.##}%")))));
}
