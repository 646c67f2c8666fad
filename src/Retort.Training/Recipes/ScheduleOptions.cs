using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;
using Retort.Torch.Schedules;

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

    /// <summary>The factor on the learning rate over all epochs, warm-up included.</summary>
    /// <param name="learningRate">Learning rate that the factor is applied to.</param>
    /// <param name="epochs">Epochs of the whole training.</param>
    public Schedule Create(double learningRate, int epochs)
    {
        Schedule schedule = CreateWithoutWarmup(learningRate, epochs);
        return WarmupEpochs > 0 ? new WarmupSchedule(schedule, WarmupEpochs) : schedule;
    }

    /// <summary>The schedule after its warm-up; epochs count from the beginning of the training.</summary>
    protected abstract Schedule CreateWithoutWarmup(double learningRate, int epochs);
}
