using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;
using Retort.Torch.Schedules;

namespace Retort.Training.Recipes;

/// <summary>The learning rate is multiplied by gamma after each of some epochs.</summary>
public sealed record MultiStepScheduleOptions : ScheduleOptions, IValidatableOptions
{
    /// <summary>Epochs after which the rate falls, ascending, each at least 1; those past the end have no effect.</summary>
    [Required, MinLength(1), Range(1, 100_000)]
    public ValueList<int> Milestones { get; init; } = [];

    /// <summary>Factor at each milestone, above 0, at most 1. Default 0.1.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Gamma { get; init; } = 0.1;

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (Milestones.Zip(Milestones.Skip(1)).Any(pair => pair.First >= pair.Second))
            yield return new(nameof(Milestones), $"is {Milestones}, but must ascend, as [150, 180, 210]");
    }

    /// <inheritdoc/>
    protected override Schedule CreateWithoutWarmup(double learningRate, double epochs) => new MultiStepSchedule(Milestones, Gamma);
}
