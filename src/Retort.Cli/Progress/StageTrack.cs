using Retort.Training.Progress;

namespace Retort.Cli.Progress;

/// <summary>A stage as an onlooker sees it: how far it is, how long it will take, how good it has become.</summary>
internal sealed class StageTrack(StageStarted stage, TimeProvider time)
{
    private readonly long _begin = time.GetTimestamp();
    private double? _bestChoice;

    public StageStarted Stage { get; } = stage;

    /// <summary>The last step that was told; null before the first one of an epoch.</summary>
    public StepProgress? Step { get; private set; }

    /// <summary>The last epoch that ended; null during the first one.</summary>
    public EpochResult? Epoch { get; private set; }

    /// <summary>The test accuracy of the best epoch so far: on the development images where there are any, else on the test images.</summary>
    public double? Best { get; private set; }

    /// <summary>How <see cref="Best"/> is called, by what chose it.</summary>
    public string BestName => Epoch?.DevAccuracy is null ? "best" : "best by dev";

    /// <summary>Epochs that have ended, those of before a resume counted.</summary>
    public int EpochsDone { get; private set; } = stage.FirstEpoch - 1;

    public bool Finished => EpochsDone >= Stage.Epochs;

    /// <summary>Seconds from the stage's begin to its last report; unlike <see cref="Elapsed"/> it stands still afterwards.</summary>
    public double LastSeconds { get; private set; }

    public TimeSpan Elapsed => time.GetElapsedTime(_begin);

    /// <summary>Steps made by this process as a share of the steps it has to make, 0..1.</summary>
    public double Done
    {
        get
        {
            double all = (double)(Stage.Epochs - Stage.FirstEpoch + 1) * Stage.StepsPerEpoch;
            double made = (double)(EpochsDone - Stage.FirstEpoch + 1) * Stage.StepsPerEpoch + (Step?.Step ?? 0);
            return all <= 0 ? 1 : Math.Clamp(made / all, 0, 1);
        }
    }

    /// <summary>Time until the stage ends, evaluation counted; null while there is nothing to judge by.</summary>
    public TimeSpan? Remaining => Done > 0 ? Elapsed * ((1 - Done) / Done) : null;

    public void Add(StepProgress step) => Step = step;

    public void Add(EpochResult epoch)
    {
        Epoch = epoch;
        LastSeconds = Elapsed.TotalSeconds;
        EpochsDone = epoch.Epoch;
        Step = null;
        if (epoch.TestAccuracy is { } accuracy && !((epoch.DevAccuracy ?? accuracy) <= _bestChoice))
        {
            (_bestChoice, Best) = (epoch.DevAccuracy ?? accuracy, accuracy);
        }
    }
}
