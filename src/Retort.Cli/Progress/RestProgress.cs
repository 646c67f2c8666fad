using Retort.Training.Comparisons;
using Retort.Training.DryRuns;
using Retort.Training.Progress;
using Retort.Training.Reports;

namespace Retort.Cli.Progress;

/// <summary>Passes a run's progress on, and says after its first epoch how long the whole comparison will take.</summary>
internal sealed class RestProgress(ITrainingObserver inner, ComparisonGrid grid) : ITrainingObserver
{
    private bool _told;

    public void Notice(string text) => inner.Notice(text);

    public void Preparing(string what, int done, int total) => inner.Preparing(what, done, total);

    public void DryRun(DryRunResult result) => inner.DryRun(result);

    public void StageStarted(StageStarted stage) => inner.StageStarted(stage);

    public void Step(StepProgress step) => inner.Step(step);

    public void EpochEnded(EpochResult epoch)
    {
        inner.EpochEnded(epoch);
        if (_told || RemainingTime.Of(grid, grid.Cells, jobs: 1) is not { } left)
            return;
        _told = true;
        inner.Notice($"The whole comparison has about {Figures.Duration(left.TotalSeconds)} to go.");
    }
}
