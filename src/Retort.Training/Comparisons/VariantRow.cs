namespace Retort.Training.Comparisons;

/// <summary>The cells of a variant, one for each seed.</summary>
/// <param name="Name">The variant's, or "student alone".</param>
/// <param name="Pair">Teacher and student: "resnet20 → resnet8".</param>
/// <param name="Cells">In the order of the comparison's seeds.</param>
public sealed record VariantRow(string Name, string Pair, IReadOnlyList<Cell> Cells)
{
    /// <summary>The same student, trained in the same way on the labels alone; null for that row itself.</summary>
    public VariantRow? Plain { get; init; }

    /// <summary>The same pair, trained in the same way with the method that others are measured against; null where there is none.</summary>
    public VariantRow? Baseline { get; init; }
}
