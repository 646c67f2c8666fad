namespace Retort.Distillation;

/// <summary>A method with its share in the student's loss.</summary>
/// <param name="Name">
/// Name in progress, metrics and report, which no two terms of an objective share: the method's name, numbered where it comes again, "kd-2".
/// </param>
/// <param name="Weight">Factor of the method's term.</param>
/// <param name="Method">The method; owned by the objective it enters.</param>
public sealed record DistillationTerm(string Name, double Weight, Method Method)
{
    /// <summary>Epochs over which the weight rises to its full size, at least 0. Default 0: it has its full size from the start.</summary>
    public int WarmupEpochs { get; init; }

    /// <summary>The factor in an epoch: the weight times <c>min(epoch / warm-up, 1)</c>.</summary>
    /// <param name="epoch">From 1; null: after the warm-up.</param>
    public double WeightAt(int? epoch) => epoch < WarmupEpochs ? Weight * epoch.Value / WarmupEpochs : Weight;
}
