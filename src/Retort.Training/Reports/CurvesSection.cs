using System.Globalization;
using System.Xml.Linq;
using Retort.Training.Progress;
using Retort.Training.Reports.Charts;
using static Retort.Training.Reports.Html;

namespace Retort.Training.Reports;

/// <summary>How training went: accuracy, losses, learning rate and throughput over the epochs of every stage.</summary>
/// <param name="epochs">Of all stages.</param>
/// <param name="student">The role of the network that the stage of that name trains; null: the stage's name.</param>
internal sealed class CurvesSection(IReadOnlyList<EpochResult> epochs, string? student)
{
    private sealed record Stage(string Name, string Label, string Css, EpochResult[] Epochs)
    {
        // No network of it is evaluated: its loss is on a scale of its own.
        public bool IsMethods => Epochs.All(e => e.TrainAccuracy is null && e.TestAccuracy is null);
    }

    /// <summary>Makes the charts and the table of their figures; nothing when no epoch was run.</summary>
    public IEnumerable<XElement?> Render()
    {
        Stage[] stages = [.. epochs.GroupBy(e => e.Stage, StringComparer.Ordinal).Select((g, i) => new Stage(g.Key, Label(g.Key), Css(g.Key, i), [.. g]))];
        if (stages.Length == 0)
        {
            yield break;
        }

        LineChart[] charts =
        [
            Chart("accuracy", "Accuracy", "top-1 on the test images", stages, e => e.TestAccuracy, Percent) with
            {
                FormatLast = v => Figures.Percent(v),
                FocusOnEnd = true,
                Css = "wide",
            },
            .. stages.Where(s => s.Epochs[0].Terms.Count > 1).Select((s, i) => Terms(s, i)),
            Losses("loss", "Loss", "weighted total of every network's stage", [.. stages.Where(s => !s.IsMethods)]),
            .. stages.Where(s => s.IsMethods).Select((s, i) => Losses($"loss-{i}", $"Loss: {s.Label}", "mean of the epoch", [s])),
            Chart("rate", "Learning rate", "first parameter group, last step of the epoch", stages, e => e.LearningRate, Short) with { FromZero = true },
            Chart("speed", "Throughput", "training images a second", stages, e => e.ImagesPerSecond, Whole) with
            {
                FormatLast = Figures.Rate,
                Smooth = true,
                FromZero = true,
            },
        ];
        yield return Div("charts", charts.Select(c => c.Render()));
        foreach (Stage stage in stages)
        {
            foreach (Rollback rollback in stage.Epochs.SelectMany(e => e.Rollbacks ?? []))
            {
                yield return El("p", At("class", "note advice"),
                    $"{stage.Label}, epoch {rollback.Epoch}, step {rollback.Step}: {rollback.Cause} became {rollback.Value.ToString(CultureInfo.InvariantCulture)}. Training went back to "
                    + $"the last good checkpoint, and on with {Figures.Loss(rollback.RateFactor)} of the learning rate.");
            }
        }

        yield return El("details", El("summary", "All epochs as a table"), Table(stages));
    }

    private static LineChart Chart(
        string id, string title, string subject, Stage[] stages, Func<EpochResult, double?> value, Func<double, string> format)
        => new()
        {
            Id = id,
            Title = title,
            Subject = subject,
            Series =
            [
                .. stages.Select(s => new Series(s.Label, s.Css,
                    [.. s.Epochs.Where(e => value(e) is not null).Select(e => ((double)e.Epoch, value(e)!.Value))])),
            ],
            Format = format,
        };

    private static LineChart Losses(string id, string title, string subject, Stage[] stages)
        => Chart(id, title, subject, stages, e => e.Loss, v => Figures.Loss(v)) with { FormatLast = v => Figures.Loss(v), Smooth = true };

    private static LineChart Terms(Stage stage, int index)
    {
        IEnumerable<string> terms = stage.Epochs.SelectMany(e => e.Terms.Keys).Distinct(StringComparer.Ordinal);
        return new LineChart
        {
            Id = $"terms-{index}",
            Title = $"Loss by term: {stage.Label}",
            Subject = "weighted, mean of the epoch",
            Series =
            [
                new Series("total", "total", [.. stage.Epochs.Select(e => ((double)e.Epoch, e.Loss))]),
                .. terms.Select((t, i) => new Series(t, $"extra{i % 5}",
                    [.. stage.Epochs.Where(e => e.Terms.ContainsKey(t)).Select(e => ((double)e.Epoch, e.Terms[t]))])),
            ],
            Format = v => Figures.Loss(v),
            FormatLast = v => Figures.Loss(v),
            Smooth = true,
            FromZero = true,
        };
    }

    private static XElement Table(Stage[] stages)
        => Div("scroll", At("tabindex", "0"), At("role", "region"), At("aria-label", "All epochs"),
            El("table", At("class", "epochs"),
                Unseen("All epochs"),
                El("thead", El("tr",
                    El("th", At("scope", "col"), "Stage"),
                    new[] { "Epoch", "Learning rate", "Loss", "Train", "Test", "Images/s", "Time" }
                        .Select(h => El("th", At("scope", "col"), At("class", "n"), h)))),
                El("tbody", stages.SelectMany(s => s.Epochs.Select(e => El("tr",
                    El("th", At("scope", "row"), s.Label),
                    new[]
                    {
                        $"{e.Epoch}", Short(e.LearningRate), Figures.Loss(e.Loss), Figures.Percent(e.TrainAccuracy),
                        Figures.Percent(e.TestAccuracy), Figures.Rate(e.ImagesPerSecond), Figures.Duration(e.Seconds),
                    }.Select(v => El("td", At("class", "n"), v))))))));

    // The trainer's own stages bear the names of the table above; a method's stages keep theirs.
    private string Label(string stage) => stage switch
    {
        "plain" => Comparison.PlainRole,
        "student" => student ?? stage,
        _ => stage,
    };

    private static string Css(string stage, int index) => stage switch
    {
        "teacher" or "plain" or "student" => stage,
        _ => $"extra{index % 5}",
    };

    private static string Percent(double share) => (share * 100).ToString("0.#", CultureInfo.InvariantCulture) + " %";

    private static string Whole(double value) => value.ToString("#,##0.#", CultureInfo.InvariantCulture);

    private static string Short(double value) => value.ToString("G3", CultureInfo.InvariantCulture).Replace("E-0", "e-", StringComparison.Ordinal);
}
