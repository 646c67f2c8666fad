namespace Retort.Training.Comparisons;

/// <summary>How much more accurate one row is than another, paired by seed.</summary>
/// <param name="Mean">Mean of the differences over the seeds that both have, as a share (0.01 is a point).</param>
/// <param name="HalfWidth">Half the width of the 95 % confidence interval of that mean; null with one seed.</param>
public sealed record Difference(double Mean, double? HalfWidth)
{
    /// <summary>Pairs two rows.</summary>
    /// <param name="ours">Accuracies in the order of the seeds; null where there is none.</param>
    /// <param name="theirs">The same of the other row.</param>
    /// <returns>Null when they have no seed in common.</returns>
    public static Difference? Of(IEnumerable<double?> ours, IEnumerable<double?> theirs)
    {
        double[] differences = [.. ours.Zip(theirs, (a, b) => a - b).OfType<double>()];
        return differences.Length == 0 ? null : new Difference(differences.Average(), Statistics.HalfWidth(differences));
    }
}
