using Retort.Distillation;
using Retort.Torch;
using Retort.Training.Stages;
using Retort.Vision.Datasets;

namespace Retort.Training.Parallel;

/// <summary>
/// The processes that train together, each with a copy of the networks and a share of every batch; mostly there is only one. All of them
/// make the same calls in the same order.
/// </summary>
public abstract class Replicas : IDisposable
{
    /// <summary>The only process.</summary>
    public static Replicas Alone { get; } = new SoleReplica();

    /// <summary>What this process trains on.</summary>
    public abstract BatchShare Share { get; }

    /// <summary>Whether this process writes and shows what all of them do.</summary>
    public bool IsFirst => Share.Rank == 0;

    /// <summary>The way to the rest of a batch; null where there is none.</summary>
    public virtual IBatchExchange? Exchange => null;

    /// <summary>The sentence that says who trains; null where there is only one.</summary>
    public virtual string? Notice => null;

    /// <summary>Gives what is to stop training: in all processes after the same step.</summary>
    /// <param name="cancel">What is to stop this process.</param>
    public abstract CancellationToken Agree(CancellationToken cancel);

    /// <summary>Makes tensors in all processes those of the first.</summary>
    /// <param name="tensors">In the same order, shapes and types everywhere.</param>
    public abstract void Equalise(IReadOnlyList<Tensor> tensors);

    /// <summary>Makes a text in all processes that of the first.</summary>
    public abstract string Equalise(string text);

    /// <summary>Makes a file's content in all processes that of the first.</summary>
    /// <param name="length">Its length, known to all.</param>
    /// <param name="stream">Read from in the first, written to in the others.</param>
    public abstract void Equalise(Stream stream, long length);

    /// <summary>A step begins.</summary>
    /// <param name="batch">This process's share.</param>
    /// <param name="seed">Of the stage.</param>
    /// <param name="epoch">From 1.</param>
    public abstract void BeginStep(Batch batch, long seed, int epoch);

    /// <summary>The part of the whole batch's loss that is this process's.</summary>
    /// <param name="loss">The mean over its images.</param>
    public abstract Tensor Weigh(Tensor loss);

    /// <summary>Makes gradients and figures those of the whole batch.</summary>
    /// <param name="parameters">Whose gradients; the same list throughout a stage.</param>
    /// <param name="figures">This process's.</param>
    /// <returns>Those of the whole batch.</returns>
    public abstract StepFigures Sum(IReadOnlyList<Tensor> parameters, StepFigures figures);

    /// <summary>Waits until all processes are here.</summary>
    public abstract void Meet();

    /// <summary>Tells the others why this process stops.</summary>
    public virtual void Leave(string reason)
    {
    }

    /// <summary>Leaves the others.</summary>
    public abstract void Dispose();

    private sealed class SoleReplica : Replicas
    {
        public override BatchShare Share => BatchShare.Whole;

        public override CancellationToken Agree(CancellationToken cancel) => cancel;

        public override void Equalise(IReadOnlyList<Tensor> tensors)
        {
        }

        public override string Equalise(string text) => text;

        public override void Equalise(Stream stream, long length)
        {
        }

        public override void BeginStep(Batch batch, long seed, int epoch)
        {
        }

        public override Tensor Weigh(Tensor loss) => loss;

        public override StepFigures Sum(IReadOnlyList<Tensor> parameters, StepFigures figures) => figures;

        public override void Meet()
        {
        }

        public override void Dispose()
        {
        }
    }
}
