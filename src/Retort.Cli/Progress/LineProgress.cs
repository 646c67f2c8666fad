using Retort.Training.DryRuns;
using Retort.Training.Progress;
using Retort.Training.Reports;

namespace Retort.Cli.Progress;

/// <summary>A line for each epoch, and one every ten seconds within a long one: for pipes, logs and dumb terminals.</summary>
internal sealed class LineProgress(TextWriter output, TimeProvider time) : ITrainingObserver
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private StageTrack? _track;
    private string? _preparing;
    private long _lastLine = time.GetTimestamp();

    /// <summary>Whether preparations get a line only after the first ten seconds, not as soon as they begin.</summary>
    public bool OnlyIfLong { get; init; }

    public void Notice(string text) => Write($"note: {text}");

    public void Preparing(string what, int done, int total)
    {
        if ((what == _preparing || OnlyIfLong) && !Due)
        {
            return;
        }

        _preparing = what;
        Write(total > 0 ? $"{what}: {done} of {total}" : done > 0 ? $"{what}: {done}" : what);
    }

    public void DryRun(DryRunResult result)
    {
        string about = $"dry run of {result.Stage}:";
        foreach (DryRunTerm term in result.Terms)
        {
            Write($"{about} {term.Name}  weight {Figures.Loss(term.Weight)}  loss {Figures.Loss(term.Value)}  "
                + $"{Figures.Percent(term.Share)} of the gradient");
            foreach (string detail in (string[])[.. term.Taps.Select(pair => $"taps {pair}"), .. term.Parts.Select(DryRunTable.Part)])
            {
                Write($"{about} {term.Name}  {detail}");
            }
        }

        if (result.Caveat is { } caveat)
        {
            Write($"note: {caveat}");
        }

        foreach (string advice in result.Advice)
        {
            Write($"advice: {advice}");
        }
    }

    public void StageStarted(StageStarted stage)
    {
        _track = new StageTrack(stage, time);
        string resumed = stage.FirstEpoch > 1 ? $", resumed at epoch {stage.FirstEpoch}" : "";
        Write($"{stage.Name}: {stage.Network}, {stage.Epochs} epochs of {stage.StepsPerEpoch} steps, batch {stage.BatchSize}{resumed}");
    }

    public void Step(StepProgress step)
    {
        if (_track is null)
        {
            return;
        }

        _track.Add(step);
        if (Due)
        {
            Write($"{Place(step.Epoch)} step {step.Step}/{_track.Stage.StepsPerEpoch}  {Losses(step.Loss, step.Terms)}"
                + $"  {Figures.Rate(step.ImagesPerSecond)} images/s{Eta()}");
        }
    }

    public void EpochEnded(EpochResult epoch)
    {
        if (_track is null)
        {
            return;
        }

        _track.Add(epoch);
        string train = epoch.TrainAccuracy is { } a ? $"  train {Figures.Percent(a)}" : "";
        string test = epoch.TestAccuracy is { } b ? $"  test {Figures.Percent(b)} ({_track.BestName} {Figures.Percent(_track.Best)})" : "";
        string dev = epoch.DevAccuracy is { } c ? $"  dev {Figures.Percent(c)}" : "";
        string rest = _track.Finished ? $"  done in {Figures.Duration(_track.Elapsed.TotalSeconds)}" : Eta();
        Write($"{Place(epoch.Epoch)} {Losses(epoch.Loss, epoch.Terms)}{train}{test}{dev}"
            + $"  lr {epoch.LearningRate:g3}  {Figures.Rate(epoch.ImagesPerSecond)} images/s{rest}");
    }

    private bool Due => time.GetElapsedTime(_lastLine) >= Pause;

    private string Place(int epoch) => $"{_track!.Stage.Name} epoch {epoch}/{_track.Stage.Epochs}";

    private string Eta() => _track!.Remaining is { } left ? $"  {Figures.Duration(left.TotalSeconds)} left" : "";

    private static string Losses(double total, IReadOnlyDictionary<string, double> terms)
        => terms.Count > 1
            ? $"loss {Figures.Loss(total)} ({string.Join(", ", terms.Select(t => $"{t.Key} {Figures.Loss(t.Value)}"))})"
            : $"loss {Figures.Loss(total)}";

    private void Write(string line)
    {
        _lastLine = time.GetTimestamp();
        output.WriteLine(line);
        output.Flush(); // a log that is being followed should not lag behind
    }
}
