using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;

namespace Retort.Training.Recipes;

/// <summary>How the learning rate changes over the epochs.</summary>
[OptionVariants("name")]
[OptionVariant("constant", typeof(ConstantScheduleOptions))]
[OptionVariant("multistep", typeof(MultiStepScheduleOptions))]
[OptionVariant("step", typeof(StepScheduleOptions))]
[OptionVariant("cosine", typeof(CosineScheduleOptions))]
[OptionVariant("linear", typeof(LinearScheduleOptions))]
[OptionShorthand("name")]
public abstract record ScheduleOptions
{
    /// <summary>Epochs in which the rate first grows from near 0, 0 or more; part of all epochs. Default 0.</summary>
    [Range(0.0, 100_000.0)]
    public double WarmupEpochs { get; init; }
}
