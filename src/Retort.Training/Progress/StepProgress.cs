namespace Retort.Training.Progress;

/// <summary>Where a stage stands within an epoch.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="Step">Steps made in this epoch, from 1.</param>
/// <param name="Loss">Weighted total, mean since the epoch began.</param>
/// <param name="Terms">Weighted loss by term ("ce", "kd", ...), mean since the epoch began.</param>
/// <param name="LearningRate">Of the first parameter group.</param>
/// <param name="ImagesPerSecond">Since the stage began, evaluation not counted.</param>
public sealed record StepProgress(
    string Stage, int Epoch, int Step, double Loss, IReadOnlyDictionary<string, double> Terms, double LearningRate,
    double ImagesPerSecond);
