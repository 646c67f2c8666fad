namespace Retort.Training.Stages;

/// <summary>What a stage reached.</summary>
/// <param name="LastAccuracy">Top-1 on the test images after the last epoch, 0..1; null without an evaluated network.</param>
/// <param name="BestAccuracy">The best epoch's top-1 on the test images, 0..1.</param>
/// <param name="BestEpoch">That epoch, from 1.</param>
/// <param name="ImagesPerSecond">Training throughput over all epochs.</param>
public sealed record StageResult(double? LastAccuracy, double? BestAccuracy, int BestEpoch, double ImagesPerSecond)
{
    /// <summary>The best epoch's top-1 on the development images, 0..1, by which it was chosen; null where it was chosen on the test images.</summary>
    public double? BestDevAccuracy { get; init; }
}
