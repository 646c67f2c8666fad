using Retort.Training.Evaluation;

namespace Retort.Training.Reports;

/// <summary>A row of the comparison table.</summary>
/// <param name="Role">"teacher", "student alone", "student distilled".</param>
/// <param name="Model">Model name, as "resnet8".</param>
/// <param name="Parameters">Number of trainable parameters.</param>
/// <param name="Macs">Multiply-accumulates of one image's forward pass (convolutions and linear layers); 0: not counted.</param>
/// <param name="Accuracy">Top-1 on the test images at the last epoch, 0..1.</param>
/// <param name="BestAccuracy">The best epoch's top-1 on the same images, 0..1 (chosen on them unless there is <see cref="BestDevAccuracy"/>: shown apart).</param>
/// <param name="ImagesPerSecond">Inference throughput on this machine.</param>
/// <param name="Confusion">[true class, predicted class] counts on the test images; null when it was not measured.</param>
/// <param name="Predictions">What it said of each test image; null when it was not measured.</param>
public sealed record NetworkSummary(
    string Role, string Model, long Parameters, long Macs, double Accuracy, double BestAccuracy, double ImagesPerSecond,
    int[,]? Confusion = null, Predictions? Predictions = null)
{
    /// <summary>The best epoch's top-1 on the development images, 0..1, by which it was chosen; null where the test images chose it.</summary>
    public double? BestDevAccuracy { get; init; }
}
