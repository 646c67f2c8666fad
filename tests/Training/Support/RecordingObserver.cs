using Retort.Training.DryRuns;
using Retort.Training.Progress;

namespace Retort.Tests.Training.Support;

/// <summary>Keeps what a run tells, and lets a test act at a moment of its choice.</summary>
internal sealed class RecordingObserver : ITrainingObserver
{
    public List<string> Notices { get; } = [];

    public List<DryRunResult> DryRuns { get; } = [];

    public List<StageStarted> Stages { get; } = [];

    public List<EpochResult> Epochs { get; } = [];

    public Action<string>? OnNotice { get; init; }

    public Action<EpochResult>? OnEpoch { get; init; }

    /// <summary>The stages that had begun when a dry run was made, by its number.</summary>
    public List<string[]> StagesBeforeDryRuns { get; } = [];

    public void Notice(string text)
    {
        Notices.Add(text);
        OnNotice?.Invoke(text);
    }

    public void Preparing(string what, int done, int total)
    {
    }

    public void DryRun(DryRunResult result)
    {
        DryRuns.Add(result);
        StagesBeforeDryRuns.Add([.. Stages.Select(stage => stage.Name)]);
    }

    public void StageStarted(StageStarted stage) => Stages.Add(stage);

    public void Step(StepProgress step)
    {
    }

    public void EpochEnded(EpochResult epoch)
    {
        Epochs.Add(epoch);
        OnEpoch?.Invoke(epoch);
    }
}
