using System.Xml.Linq;
using Retort.Training.Evaluation;
using static Retort.Training.Reports.Charts.PlotFrame;
using static Retort.Training.Reports.Html;

namespace Retort.Training.Reports.Charts;

/// <summary>Accuracy by confidence: bars on the diagonal are calibrated, above it too modest, below it too sure.</summary>
/// <param name="id">Unique in the page.</param>
/// <param name="name">Whose it is.</param>
/// <param name="css">Class that gives it its colour.</param>
/// <param name="calibration">What it shows.</param>
internal sealed class ReliabilityDiagram(string id, string name, string css, Calibration calibration)
{
    private static readonly Axis Share = new(0, 1, [0, 0.25, 0.5, 0.75, 1]);

    /// <summary>Makes the figure.</summary>
    public XElement Render()
    {
        CalibrationBin[] filled = [.. calibration.Bins.Where(b => b.Images > 0)];
        int most = filled.Length == 0 ? 0 : filled.Max(b => b.Images);
        string description = $"Accuracy by confidence in {calibration.Bins.Count} bins: expected calibration error {Figures.Percent(calibration.Error)}, "
            + $"mean confidence {Figures.Percent(calibration.Confidence)}, accuracy {Figures.Percent(calibration.Accuracy)}.";
        return El("figure", At("class", "chart reliability"),
            El("figcaption", El("h3", name), El("p", $"accuracy by confidence; ECE {Figures.Percent(calibration.Error)}")),
            Around(
                Drawing(id, $"Reliability: {name}", description, Share,
                    filled.Select(b => Bar(b, most)),
                    El("path", At("class", "diagonal"), At("d", $"M0 {Size}L{Size} 0"))),
                Share, Share, "confidence", Percent, Percent));
    }

    private XElement Bar(CalibrationBin bin, int most)
    {
        double gap = (bin.High - bin.Low) / 16; // on each side, so that neighbours stay apart
        XAttribute?[] across = [At("x", Coordinate(bin.Low + gap)), At("width", Coordinate(bin.High - bin.Low - 2 * gap))];
        double low = Math.Min(bin.Accuracy, bin.Confidence), high = Math.Max(bin.Accuracy, bin.Confidence);
        return El("g", At("class", css), At("opacity", FormattableString.Invariant($"{0.3 + 0.7 * Math.Sqrt((double)bin.Images / most):0.##}")),
            El("title",
                $"confidence {Figures.Percent(bin.Low)} to {Figures.Percent(bin.High)}, {Figures.Percent(bin.Confidence)} on the mean: "
                + $"{bin.Images} images, {Figures.Percent(bin.Accuracy)} recognised"),
            El("rect", At("class", "accuracy"), across, At("y", Coordinate(1 - bin.Accuracy)), At("height", Coordinate(bin.Accuracy))),
            double.IsNaN(bin.Confidence) ? null
                : El("rect", At("class", "off"), across, At("y", Coordinate(1 - high)), At("height", Coordinate(high - low))));
    }

    private static string Percent(double share) => FormattableString.Invariant($"{share * 100:0} %");
}
