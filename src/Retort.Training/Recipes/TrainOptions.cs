using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;
using Retort.Torch;

namespace Retort.Training.Recipes;

/// <summary>How a network is trained.</summary>
public sealed record TrainOptions : IValidatableOptions
{
    /// <summary>Passes over the training images, at least 1. Default 10.</summary>
    [Range(1, 100_000)]
    public int Epochs { get; init; } = 10;

    /// <summary>Images of a step, at least 1. Default 64.</summary>
    [Range(1, 1_000_000)]
    public int Batch { get; init; } = 64;

    /// <summary>
    /// Parts that a batch is computed in, one after another, at least 1; their gradients are added before the step, so that memory is that of a part. Batch
    /// norms, and losses that relate images, see a part at a time. Default 1.
    /// </summary>
    [Range(1, 1_000_000)]
    public int Accumulate { get; init; } = 1;

    /// <summary>Whether the last batch of an epoch is left out where it is not full. Default false.</summary>
    public bool DropLast { get; init; }

    /// <summary>
    /// Whether losses that relate the images of a batch see the whole batch where several processes train together, each on its share. Default
    /// false: they relate the images of a share.
    /// </summary>
    public bool GlobalBatch { get; init; }

    /// <summary>
    /// Whether batch norms in training use the statistics of the whole batch where several processes train together, each on its share. Default false:
    /// those of a share.
    /// </summary>
    public bool SyncBatchNorm { get; init; }

    /// <summary>What updates the weights. Default: SGD with momentum.</summary>
    public OptimizerOptions Optimizer { get; init; } = new SgdOptions();

    /// <summary>How the learning rate changes. Default: constant.</summary>
    public ScheduleOptions Schedule { get; init; } = new ConstantScheduleOptions();

    /// <summary>auto, fp32 or bf16. Default auto: bf16 where the hardware computes in it.</summary>
    public Precision Precision { get; init; } = Precision.Auto;

    /// <summary>Seed of weights, order and augmentation, at least 0; the same seed gives the same run. Default 0.</summary>
    [Range(0, long.MaxValue)]
    public long Seed { get; init; }

    /// <summary>Threads to compute with; 0 means all cores. Default 0.</summary>
    [Range(0, 1024)]
    public int Threads { get; init; }

    /// <summary>The same as a number of threads: all cores where nothing else is said.</summary>
    internal int ThreadCount => Threads > 0 ? Threads : ProcessorCores.Count;

    /// <summary>Share of the label that is spread over all classes, 0 up to but not 1. Default 0.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double LabelSmoothing { get; init; }

    /// <summary>What each class counts in the cross-entropy: balanced, so that rare classes count as much as frequent ones, or a list. Default: all images alike.</summary>
    public ClassWeights? ClassWeights { get; init; }

    /// <summary>Decay per step of the averaged copy of the weights, 0 up to but not 1; 0 means none. Default 0.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double Ema { get; init; }

    /// <summary>Longest allowed norm of all gradients together; 0 means no limit. Default 0.</summary>
    [Range(0.0, double.MaxValue)]
    public double ClipGradNorm { get; init; }

    /// <summary>Epochs from one evaluation to the next, at least 1; the last epoch is always evaluated. Default 1.</summary>
    [Range(1, 100_000)]
    public int EvalEvery { get; init; } = 1;

    /// <summary>Checkpoints of the last epochs that are kept, at least 1: a damaged one is then made good from the one before. Default 1.</summary>
    [Range(1, 1000)]
    public int KeepLast { get; init; } = 1;

    /// <summary>Epochs with the best accuracy whose weights are kept, at least 1. Default 1.</summary>
    [Range(1, 1000)]
    public int KeepBest { get; init; } = 1;

    /// <summary>What to do when the loss or the weights become NaN or infinite: stop or rollback. Default stop.</summary>
    public NonFiniteAction OnNan { get; init; } = NonFiniteAction.Stop;

    /// <summary>What a rollback multiplies the learning rate by for the rest of the stage, above 0 and below 1. Default 0.5.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true)]
    public double RollbackFactor { get; init; } = 0.5;

    /// <summary>Rollbacks of a stage after which it stops, at least 1. Default 3.</summary>
    [Range(1, 100)]
    public int MaxRollbacks { get; init; } = 3;

    /// <summary>Refuses to leave out the last batch where it is the only one.</summary>
    /// <param name="images">Images that there are to train on.</param>
    /// <exception cref="RetortException">No batch would be left.</exception>
    internal void RequireFullBatch(int images)
    {
        if (DropLast && images < Batch)
            throw new RetortException($"'train.drop_last' leaves nothing to train on: {images} images are no full batch of {Batch}; lower 'train.batch'.") { WrongUse = true };
    }

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (Batch % Accumulate != 0)
            yield return new(nameof(Accumulate), $"is {Accumulate}, but a batch of {Batch} cannot be cut into that many equal parts: choose a divisor of 'batch'");
    }
}
