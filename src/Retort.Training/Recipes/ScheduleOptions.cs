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
    /// <summary>Epochs in which the rate first grows in a straight line, 0 or more; part of all epochs. Default 0.</summary>
    [Range(0.0, 100_000.0)]
    public double WarmupEpochs { get; init; }

    /// <summary>Learning rate from which the warm-up grows, at least 0. Default 0.</summary>
    [Range(0.0, 1e6)]
    public double WarmupLr { get; init; }

    /// <summary>
    /// Whether the schedule itself begins when the warm-up ends. Default false: it runs from the first epoch on, and the warm-up holds it
    /// down.
    /// </summary>
    public bool WarmupPrefix { get; init; }

    /// <summary>The factor on the learning rate over all epochs, warm-up included.</summary>
    /// <param name="learningRate">Learning rate that the factor is applied to.</param>
    /// <param name="epochs">Epochs of the whole training.</param>
    public Schedule Create(double learningRate, int epochs)
    {
        if (WarmupEpochs == 0)
            return CreateWithoutWarmup(learningRate, epochs);
        double start = WarmupLr / learningRate;
        if (!WarmupPrefix)
            return new WarmupSchedule(CreateWithoutWarmup(learningRate, epochs), WarmupEpochs, start);
        // Where the warm-up is all there is, what would follow it is never reached, but must have a length.
        Schedule rest = CreateWithoutWarmup(learningRate, Math.Max(epochs - WarmupEpochs, 1));
        return new ChainedSchedule(new(new LinearSchedule(WarmupEpochs, start, 1), WarmupEpochs), new(rest));
    }

    /// <summary>The schedule alone.</summary>
    /// <param name="learningRate">Learning rate that the factor is applied to.</param>
    /// <param name="epochs">Epochs that it has.</param>
    protected abstract Schedule CreateWithoutWarmup(double learningRate, double epochs);
}
