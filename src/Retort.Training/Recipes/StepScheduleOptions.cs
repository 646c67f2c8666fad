using System.ComponentModel.DataAnnotations;
using Retort.Torch.Schedules;

namespace Retort.Training.Recipes;

/// <summary>The learning rate is multiplied by gamma again and again, after as many epochs each time.</summary>
public sealed record StepScheduleOptions : ScheduleOptions
{
    /// <summary>Epochs from one fall of the rate to the next, at least 1.</summary>
    [Range(1, 100_000)]
    public required int StepSize { get; init; }

    /// <summary>Factor at each fall, above 0, at most 1. Default 0.1.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Gamma { get; init; } = 0.1;

    /// <inheritdoc/>
    protected override Schedule CreateWithoutWarmup(double learningRate, int epochs) => new StepSchedule(StepSize, Gamma);
}
