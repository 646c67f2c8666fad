using System.ComponentModel.DataAnnotations;
using Retort.Torch.Schedules;

namespace Retort.Training.Recipes;

/// <summary>The learning rate is multiplied by gamma again and again, after as many epochs each time.</summary>
public sealed record StepScheduleOptions : ScheduleOptions
{
    /// <summary>Epochs from one fall of the rate to the next, above 0; a fraction, as 2.4, takes effect within an epoch.</summary>
    [Range(0.0, 100_000.0, MinimumIsExclusive = true)]
    public required double StepSize { get; init; }

    /// <summary>Factor at each fall, above 0, at most 1. Default 0.1.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Gamma { get; init; } = 0.1;

    /// <inheritdoc/>
    protected override Schedule CreateWithoutWarmup(double learningRate, double epochs) => new StepSchedule(StepSize, Gamma);
}
