using System.Text.Json.Serialization;

namespace Retort.Training.Progress;

/// <summary>The figures of one epoch: a line of <c>metrics.jsonl</c>.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="LearningRate">Of the first parameter group, at the epoch's last step.</param>
/// <param name="Loss">Weighted total, mean over the epoch.</param>
/// <param name="Terms">Weighted loss by term ("ce", "kd", ...), mean over the epoch.</param>
/// <param name="TrainAccuracy">Top-1 on the augmented training images as seen while training, 0..1; null where the stage has no labels.</param>
/// <param name="TestAccuracy">Top-1 on the test images after the epoch, 0..1; null when it was not evaluated.</param>
/// <param name="ImagesPerSecond">Training images a second, evaluation not counted.</param>
/// <param name="Seconds">Wall time of the epoch's training.</param>
public sealed record EpochResult(
    string Stage, int Epoch, double LearningRate, double Loss, IReadOnlyDictionary<string, double> Terms,
    double? TrainAccuracy, double? TestAccuracy, double ImagesPerSecond, double Seconds)
{
    /// <summary>Top-1 on the images that are held out to choose the best epoch, 0..1; null where none are, or when it was not evaluated.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? DevAccuracy { get; init; }

    /// <summary>What went wrong in this epoch until it was finished; null where nothing did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Rollback>? Rollbacks { get; init; }
}
