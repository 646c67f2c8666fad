using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Modules;
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

    /// <summary>What this process's mean over its images counts in the mean over the whole batch, 0 to 1; of the batch of <see cref="BeginStep"/>.</summary>
    public virtual double Weight => 1;

    /// <summary>Makes batch norms use the statistics of the whole batch in training.</summary>
    /// <param name="norms">The same ones in all processes, and run in the same order.</param>
    /// <returns>Makes them use a share's again when it is disposed; null: a share is the whole batch.</returns>
    public virtual IDisposable? Synchronise(IReadOnlyList<BatchNorm> norms) => null;

    /// <summary>Makes gradients and figures those of all processes together: their sums.</summary>
    /// <param name="parameters">Whose gradients; the same list throughout a stage.</param>
    /// <param name="figures">This process's, by what it counts.</param>
    /// <returns>The sums; the number of images is left as it is.</returns>
    public abstract StepFigures Sum(IReadOnlyList<Tensor> parameters, StepFigures figures);

    /// <summary>Makes a tensor in all processes the sum of theirs.</summary>
    /// <param name="tensor">On the CPU; of the same shape and type everywhere.</param>
    public virtual void Sum(Tensor tensor)
    {
    }

    /// <summary>Makes sure that something is the same in all processes.</summary>
    /// <param name="what">Its name.</param>
    /// <param name="own">What it is here; short.</param>
    /// <exception cref="RetortException">It is another here than in the first process.</exception>
    public void RequireSame(string what, string own)
    {
        string first = Equalise(own);
        if (first != own)
        {
            throw new RetortException($"Rank {Share.Rank} has another {what} than rank 0 ({own}; rank 0: {first}): give all ranks the same files and devices.")
            { WrongUse = true };
        }
    }

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

        public override StepFigures Sum(IReadOnlyList<Tensor> parameters, StepFigures figures) => figures;

        public override void Meet()
        {
        }

        public override void Dispose()
        {
        }
    }
}
