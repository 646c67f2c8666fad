namespace Retort.Training.Stages;

/// <summary>Sums of an epoch's losses and hits; part of a checkpoint, so that a resumed epoch reports what it would have reported.</summary>
public sealed class StageMetrics
{
    /// <summary>Images seen in this epoch.</summary>
    public long Images { get; set; }

    /// <summary>Images whose class had the highest logit while training.</summary>
    public long Hits { get; set; }

    /// <summary>Weighted loss by term, summed over images.</summary>
    public Dictionary<string, double> TermSums { get; init; } = [];

    /// <summary>Seconds of training in this epoch.</summary>
    public double Seconds { get; set; }

    /// <summary>Mean weighted total.</summary>
    public double Loss => Images == 0 ? 0 : TermSums.Values.Sum() / Images;

    /// <summary>Mean weighted loss by term.</summary>
    public IReadOnlyDictionary<string, double> Terms => TermSums.ToDictionary(t => t.Key, t => t.Value / Math.Max(1, Images));

    /// <summary>Share of hits, 0..1.</summary>
    public double Accuracy => Images == 0 ? 0 : (double)Hits / Images;

    /// <summary>Adds a step's figures.</summary>
    public void Add(StepFigures step)
    {
        foreach ((string term, double mean) in step.Names.Zip(step.Terms))
            TermSums[term] = TermSums.GetValueOrDefault(term) + (mean * step.Images);
        Images += step.Images;
        Hits += step.Hits;
    }
}
