using System.ComponentModel.DataAnnotations;
using Retort.Torch.Schedules;

namespace Retort.Training.Recipes;

/// <summary>The learning rate falls along half a cosine, to the last epoch.</summary>
public sealed record CosineScheduleOptions : ScheduleOptions
{
    /// <summary>Learning rate at the end, at least 0. Default 0.</summary>
    [Range(0.0, 1e6)]
    public double FinalLr { get; init; }

    /// <inheritdoc/>
    protected override Schedule CreateWithoutWarmup(double learningRate, double epochs) => new CosineSchedule(epochs, FinalLr / learningRate);
}
