using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Retort.Training.Evaluation;
using Retort.Training.Reports.Charts;
using static Retort.Training.Reports.Html;
using static Retort.Training.Reports.HtmlPage;

namespace Retort.Training.Reports;

/// <summary>Writes what 8 bits cost a network: one HTML page that needs nothing else, no script and no network.</summary>
public static class QuantizationReport
{
    private const string Whole = "float32", Quantized = "int8";

    /// <summary>Writes the page as UTF-8.</summary>
    /// <param name="output">Stays open.</param>
    /// <param name="figures">What to show.</param>
    public static void Write(Stream output, QuantizationFigures figures)
    {
        using var writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        var agreement = Agreement.Between(figures.After.Predictions, figures.Before.Predictions);
        HtmlPage.Write(
            writer, $"{figures.Model} in 8 bits", $"on {figures.Before.Images} test images of {figures.Data}",
            [
                Section("Cost", El("ul", At("class", "tiles"), Tiles(figures, agreement)), Table(figures), Note()),
                Section("Change by class", Changes(figures)),
                Facts(figures.Environment),
            ]);
    }

    private static IEnumerable<XElement> Tiles(QuantizationFigures figures, Agreement agreement)
    {
        yield return Tile(Figures.Points(figures.After.Top1 - figures.Before.Top1), "points of accuracy by 8 bits", "lead");
        yield return Tile(Figures.Percent((double)figures.BytesAfter / figures.BytesBefore), "of the file’s size");
        yield return Tile(Figures.Percent(agreement.Top1), "of the images are taken for the same class");
    }

    private static XElement Tile(string figure, string meaning, string? css = null)
        => El("li", At("class", css), El("strong", figure), El("span", meaning));

    private static XElement Table(QuantizationFigures figures)
        => Div("scroll", At("tabindex", "0"), At("role", "region"), At("aria-label", "Before and after"),
            El("table",
                Unseen("The network in float32 and in 8 bits"),
                El("thead", El("tr",
                    El("th", At("scope", "col"), "Numbers"),
                    new[] { "Accuracy", "Top-5", "Loss", "Bytes" }.Select(heading => El("th", At("scope", "col"), At("class", "n"), heading)))),
                El("tbody", Row(Whole, figures.Before, figures.BytesBefore), Row(Quantized, figures.After, figures.BytesAfter))));

    private static XElement Row(string name, EvaluationResult result, long bytes)
        => El("tr",
            El("th", At("scope", "row"), name),
            new[] { Figures.Percent(result.Top1), Figures.Percent(result.Top5), Figures.Loss(result.Loss), bytes.ToString("N0", CultureInfo.InvariantCulture) }
                .Select(figure => El("td", At("class", "n"), figure)));

    private static XElement Note()
        => El("p", At("class", "note"),
            "Accuracy: top-1 on the test images. Loss: mean cross-entropy. That of 8 bits is a simulation in libtorch, which rounds in the same places as "
            + "the model and computes in float32 between them; a runtime may differ by a few images.");

    private static XElement? Changes(QuantizationFigures figures)
    {
        var before = new ConfusionMatrix(figures.Before.Confusion, figures.Classes);
        var after = new ConfusionMatrix(figures.After.Confusion, figures.Classes);
        return new ClassChanges(before, after, Math.Min(before.Count, after.Count), (Whole, Quantized), "in float32 and in 8 bits").Render();
    }
}
