using Retort.Training.DryRuns;
using Retort.Training.Progress;

namespace Retort.Training.Runs;

/// <summary>Writes every epoch, and what dry runs found, into the run's folder on their way to the observer.</summary>
internal sealed class RunRecorder(ITrainingObserver inner, MetricsLog log, Func<string, string> dryRunFile) : ITrainingObserver
{
    public void Notice(string text) => inner.Notice(text);

    public void Preparing(string what, int done, int total) => inner.Preparing(what, done, total);

    public void DryRun(DryRunResult result)
    {
        DryRunFile.Write(dryRunFile(result.Stage), result);
        inner.DryRun(result);
    }

    public void StageStarted(StageStarted stage)
    {
        // Epochs that were logged but not saved are about to be made again.
        log.CutAfter(stage.Name, stage.FirstEpoch - 1);
        inner.StageStarted(stage);
    }

    public void Step(StepProgress step) => inner.Step(step);

    public void EpochEnded(EpochResult epoch)
    {
        log.Append(epoch);
        inner.EpochEnded(epoch);
    }
}
