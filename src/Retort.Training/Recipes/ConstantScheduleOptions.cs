using Retort.Torch.Schedules;

namespace Retort.Training.Recipes;

/// <summary>The learning rate stays as it is.</summary>
public sealed record ConstantScheduleOptions : ScheduleOptions
{
    /// <inheritdoc/>
    protected override Schedule CreateWithoutWarmup(double learningRate, double epochs) => new ConstantSchedule();
}
