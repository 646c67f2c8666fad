using Retort.Training.Progress;
using Retort.Training.Reports;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Retort.Cli.Progress;

/// <summary>The stage that trains now, in four lines: place, bar, losses, accuracy.</summary>
internal sealed class RunningStage(StageTrack track) : IRenderable
{
    private const int MaxBar = 60;

    public Measurement Measure(RenderOptions options, int maxWidth) => new(Math.Min(20, maxWidth), maxWidth);

    public IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
        => ((IRenderable)new Rows(Place(), Bar(Math.Min(MaxBar, maxWidth - 8)), Losses(), Accuracy())).Render(options, maxWidth);

    private Markup Place()
    {
        StageStarted stage = track.Stage;
        int epoch = track.Step?.Epoch ?? Math.Min(track.EpochsDone + 1, stage.Epochs);
        string step = track.Step is { } s ? $"  step {s.Step}/{stage.StepsPerEpoch}" : "";
        return new Markup($"[bold]{Markup.Escape(stage.Name)}[/]  {Markup.Escape(stage.Network)}  [grey]epoch {epoch}/{stage.Epochs}{step}[/]");
    }

    private Markup Bar(int width)
    {
        int filled = (int)Math.Round(track.Done * Math.Max(width, 1));
        return new Markup($"[teal]{new string('━', filled)}[/][grey]{new string('─', Math.Max(width, 1) - filled)}[/] {track.Done * 100,5:F1} %");
    }

    private Markup Losses()
    {
        if (track.Step is { } step)
        {
            return Losses(step.Loss, step.Terms, step.LearningRate, step.ImagesPerSecond);
        }

        return track.Epoch is { } epoch
            ? Losses(epoch.Loss, epoch.Terms, epoch.LearningRate, epoch.ImagesPerSecond)
            : new Markup("[grey]starting[/]");
    }

    private Markup Losses(double loss, IReadOnlyDictionary<string, double> terms, double rate, double imagesPerSecond)
    {
        string parts = terms.Count > 1
            ? "  = " + string.Join(" + ", terms.Select(t => $"{Markup.Escape(t.Key)} {Figures.Loss(t.Value)}"))
            : "";
        string left = track.Finished ? "" : track.Remaining is { } r ? $"  {Figures.Duration(r.TotalSeconds)} left" : "";
        return new Markup($"loss {Figures.Loss(loss)}[grey]{parts}  lr {rate:g3}[/]  {Figures.Rate(imagesPerSecond)} images/s{left}");
    }

    private Markup Accuracy()
        => track.Epoch is { TestAccuracy: { } accuracy } epoch
            ? new Markup($"accuracy [bold]{Figures.Percent(accuracy)}[/]  {track.BestName} {Figures.Percent(track.Best)}"
                + (epoch.DevAccuracy is { } dev ? $"  [grey]dev {Figures.Percent(dev)}[/]" : "")
                + (epoch.TrainAccuracy is { } train ? $"  [grey]train {Figures.Percent(train)}[/]" : ""))
            : new Markup("[grey]accuracy – (after the first epoch)[/]");
}
