using System.Text.Json.Serialization;
using Retort.Training.Progress;

namespace Retort.Training.Stages;

/// <summary>Where a stage stands; saved with every checkpoint.</summary>
public sealed class StageProgress
{
    /// <summary>The epoch that is running, from 1; one more than there are when the stage is done.</summary>
    public int Epoch { get; set; } = 1;

    /// <summary>Steps made in this epoch.</summary>
    public int Step { get; set; }

    /// <summary>The running epoch's sums.</summary>
    public StageMetrics Metrics { get; set; } = new();

    /// <summary>Top-1 on the test images after the last evaluated epoch, 0..1.</summary>
    public double? LastAccuracy { get; set; }

    /// <summary>Top-1 on the development images after that epoch, 0..1; null where there are none.</summary>
    public double? LastDevAccuracy { get; set; }

    /// <summary>Top-1 on the test images after the best epoch, 0..1: the best on the development images, or on the test images where there are no others.</summary>
    public double? BestAccuracy { get; set; }

    /// <summary>That epoch's top-1 on the development images, 0..1; null where there are none.</summary>
    public double? BestDevAccuracy { get; set; }

    /// <summary>The epoch that gave it.</summary>
    public int BestEpoch { get; set; }

    /// <summary>Images seen in finished epochs.</summary>
    public long Images { get; set; }

    /// <summary>Seconds of training in finished epochs.</summary>
    public double Seconds { get; set; }

    /// <summary>What went wrong in this stage and was gone back from, in order.</summary>
    public IReadOnlyList<Rollback> Rollbacks { get; set; } = [];

    /// <summary>Epochs that are finished.</summary>
    [JsonIgnore]
    public int EpochsDone => Epoch - 1;

    /// <summary>What the learning rate of the schedule is multiplied by: 1 until something went wrong.</summary>
    [JsonIgnore]
    public double RateFactor => Rollbacks.Count == 0 ? 1 : Rollbacks[^1].RateFactor;

    /// <summary>By what the last evaluated epoch is compared with others, 0..1.</summary>
    [JsonIgnore]
    public double ChoosingAccuracy => LastDevAccuracy ?? LastAccuracy ?? 0;

    /// <summary>Where the stage stands, for people.</summary>
    [JsonIgnore]
    public string Place => Step > 0 ? $"epoch {Epoch}, step {Step}" : EpochsDone == 0 ? "the stage's beginning" : $"the end of epoch {EpochsDone}";

    /// <summary>Notes an evaluation of the running epoch.</summary>
    /// <param name="test">Top-1 on the test images, 0..1.</param>
    /// <param name="dev">Top-1 on the development images, 0..1, which then choose the best epoch; null where there are none.</param>
    /// <returns>Whether it is the best so far.</returns>
    public bool Note(double test, double? dev = null)
    {
        (LastAccuracy, LastDevAccuracy) = (test, dev);
        if ((dev is null ? BestAccuracy : BestDevAccuracy) >= (dev ?? test))
            return false;
        (BestAccuracy, BestDevAccuracy, BestEpoch) = (test, dev, Epoch);
        return true;
    }

    /// <summary>Closes the running epoch.</summary>
    public void NextEpoch()
    {
        Images += Metrics.Images;
        Seconds += Metrics.Seconds;
        Metrics = new StageMetrics();
        Epoch++;
        Step = 0;
    }

    /// <summary>What the stage has reached so far.</summary>
    public StageResult Result() => new(LastAccuracy, BestAccuracy, BestEpoch, Seconds > 0 ? Images / Seconds : 0) { BestDevAccuracy = BestDevAccuracy };
}
