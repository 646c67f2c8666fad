using System.Xml.Linq;
using Retort.Training.Evaluation;
using Retort.Training.Reports.Charts;
using static Retort.Training.Reports.Html;

namespace Retort.Training.Reports;

/// <summary>Whether each network is right as often as it is confident.</summary>
internal sealed class CalibrationSection(IReadOnlyList<NetworkSummary> networks)
{
    private const string Definition =
        "The expected calibration error (ECE) puts the test images into 15 bins of equal width by confidence, the highest softmax probability; "
        + "it is the mean over bins of |accuracy − mean confidence|, weighted by the bins’ shares of the images. "
        + "0 is best; it says nothing of how many images are recognised.";

    /// <summary>Makes a table and a reliability diagram for each network; nothing when none was measured.</summary>
    public IEnumerable<XElement?> Render()
    {
        (NetworkSummary Network, Calibration Calibration)[] measured =
            [.. networks.Where(n => n.Predictions is { Count: > 0 }).Select(n => (n, Calibration.Of(n.Predictions!.Answers)))];
        if (measured.Length == 0)
        {
            yield break;
        }

        yield return Table(measured);
        yield return Div("diagrams", measured.Select((m, i)
            => new ReliabilityDiagram($"reliability-{i}", m.Network.Role, Comparison.Css(m.Network), m.Calibration).Render()));
        yield return El("p", At("class", "note"),
            "Bars: accuracy of the images of a bin, pale where they are few. Red: the difference to their mean confidence. "
            + "On the dashed line a network is right as often as it is confident. " + Definition);
    }

    private static XElement Table((NetworkSummary Network, Calibration Calibration)[] measured)
        => Div("scroll", At("tabindex", "0"), At("role", "region"), At("aria-label", "Calibration"),
            El("table", At("class", "calibration"),
                El("caption", "Confidence and accuracy on the test images."),
                El("thead", El("tr",
                    El("th", At("scope", "col"), "Network"),
                    new object[] { El("abbr", At("title", Definition), "ECE"), "Confidence", "Accuracy" }
                        .Select(heading => El("th", At("scope", "col"), At("class", "n"), heading)))),
                El("tbody", measured.Select(m => El("tr",
                    El("th", At("scope", "row"), m.Network.Role),
                    new[] { m.Calibration.Error, m.Calibration.Confidence, m.Calibration.Accuracy }
                        .Select(share => El("td", At("class", "n"), Figures.Percent(share))))))));
}
