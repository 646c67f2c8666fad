namespace Retort.Training.Comparisons;

/// <summary>What a row's cells reached, as far as they are finished.</summary>
/// <param name="Row">The row.</param>
/// <param name="Cells">In the order of the seeds; null where a cell is not finished.</param>
public sealed record RowResult(VariantRow Row, IReadOnlyList<CellResult?> Cells)
{
    /// <summary>The finished ones.</summary>
    public IReadOnlyList<CellResult> Finished => [.. Cells.OfType<CellResult>()];

    /// <summary>Mean of a figure over the finished cells; null when there is none.</summary>
    public double? Mean(Func<CellResult, double> figure) => Finished.Count == 0 ? null : Finished.Average(figure);

    /// <summary>Standard deviation of the accuracy after the last epoch over the seeds; null for fewer than two.</summary>
    public double? Deviation => Statistics.Deviation([.. Finished.Select(cell => cell.Accuracy)]);

    /// <summary>Mean top-1 of the cells' teachers on the test images, 0..1; null while no cell with a teacher is finished.</summary>
    public double? TeacherAccuracy => Finished.Average(cell => cell.TeacherAccuracy);

    /// <summary>Mean accuracy by epoch, of the epochs that every finished cell has.</summary>
    public IReadOnlyList<(double Epoch, double Accuracy)> Curve =>
    [
        .. Finished.SelectMany(cell => cell.Curve).GroupBy(point => point.Key).Where(epoch => epoch.Count() == Finished.Count)
            .OrderBy(epoch => epoch.Key).Select(epoch => ((double)epoch.Key, epoch.Average(point => point.Value))),
    ];

    /// <summary>The difference to another row, paired by seed; null when they have no finished seed in common.</summary>
    public Difference? To(RowResult other) => Difference.Of(Cells.Select(c => c?.Accuracy), other.Cells.Select(c => c?.Accuracy));
}
