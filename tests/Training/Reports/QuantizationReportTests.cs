using System.Text;
using System.Xml.Linq;
using Retort.Training.Evaluation;
using Retort.Training.Reports;

namespace Retort.Tests.Training.Reports;

public sealed class QuantizationReportTests
{
    [Fact]
    public void It_tells_accuracy_size_and_agreement_before_and_after_and_the_change_of_each_class()
    {
        XElement page = Page(["cat", "dog"]);
        Assert.Equal(["Cost", "Change by class", "Environment"], page.Descendants("h2").Select(heading => heading.Value));
        Assert.Equal(["−25.00", "30.00 %", "75.00 %"], page.Descendants("strong").Select(figure => figure.Value));
        string[][] rows = [.. page.Descendants("table").First().Element("tbody")!.Elements("tr").Select(row => row.Elements().Select(cell => cell.Value).ToArray())];
        Assert.Equal([["float32", "75.00 %", "100.00 %", "0.5", "1,000,000"], ["int8", "50.00 %", "100.00 %", "0.5", "300,000"]], rows);
        XElement changes = page.Descendants("table").Single(table => (string?)table.Attribute("class") == "changes");
        Assert.Equal(["dog", "cat"], changes.Element("tbody")!.Elements("tr").Select(row => row.Element("th")!.Value));
        Assert.Contains("float32int8change", changes.Element("thead")!.Value);
        Assert.Contains("mse, 8 training images", page.Value);
    }

    [Fact]
    public void Names_cannot_become_markup() => Assert.Contains("<script>", Page(["<script>", "dog"]).Value); // as text: it would not parse otherwise

    // Of four images, two of each class, the network takes the last for a cat, and its 8-bit self the first for a dog, too.
    private static XElement Page(IReadOnlyList<string> classes)
    {
        using var stream = new MemoryStream();
        QuantizationReport.Write(stream, new QuantizationFigures
        {
            Model = "resnet8", Data = "pets", Classes = classes, Before = Result(0, 0, 1, 0), After = Result(1, 0, 1, 0), BytesBefore = 1_000_000, BytesAfter = 300_000,
            Environment = [new("Calibration", "mse, 8 training images")],
        });
        return XDocument.Parse(Encoding.UTF8.GetString(stream.ToArray()).Replace("<!DOCTYPE html>", "", StringComparison.Ordinal)).Root!;
    }

    private static EvaluationResult Result(params int[] said)
    {
        int[] labels = [0, 0, 1, 1];
        int[,] confusion = new int[2, 2];
        foreach ((int label, int answer) in labels.Zip(said))
            confusion[label, answer]++;
        return new EvaluationResult(
            4, labels.Zip(said).Count(pair => pair.First == pair.Second) / 4.0, 1, 0.5, confusion, 100,
            new Predictions(labels.Zip(said).Select(pair => new Prediction(pair.First, pair.Second, 1f)), said.Select(answer => new Half[] { (Half)(1 - answer), (Half)answer })));
    }
}
