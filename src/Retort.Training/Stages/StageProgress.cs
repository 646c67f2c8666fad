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

    /// <summary>Top-1 after the last evaluated epoch, 0..1.</summary>
    public double? LastAccuracy { get; set; }

    /// <summary>Best top-1 of all evaluated epochs, 0..1.</summary>
    public double? BestAccuracy { get; set; }

    /// <summary>The epoch that gave it.</summary>
    public int BestEpoch { get; set; }

    /// <summary>Images seen in finished epochs.</summary>
    public long Images { get; set; }

    /// <summary>Seconds of training in finished epochs.</summary>
    public double Seconds { get; set; }

    /// <summary>Notes an evaluation of the running epoch.</summary>
    /// <returns>Whether it is the best so far.</returns>
    public bool Note(double accuracy)
    {
        LastAccuracy = accuracy;
        if (BestAccuracy >= accuracy)
            return false;
        (BestAccuracy, BestEpoch) = (accuracy, Epoch);
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
    public StageResult Result() => new(LastAccuracy, BestAccuracy, BestEpoch, Seconds > 0 ? Images / Seconds : 0);
}
