using Retort.Torch.Native;

namespace Retort.Torch.Modules;

/// <summary>
/// Batch normalisation of each channel: with the batch's mean and biased variance in training, with the running ones in evaluation.
/// Running statistics follow the batch's mean and unbiased variance by <see cref="Momentum"/>.
/// </summary>
public abstract class BatchNorm : Layer
{
    private protected BatchNorm(int channels, double epsilon, double? momentum, bool affine, bool trackRunningStats)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        (Channels, Epsilon, Momentum) = (channels, epsilon, momentum);
        if (affine)
        {
            Weight = AddParameter("weight", Aten.Ones([channels]));
            Bias = AddParameter("bias", Aten.Zeros([channels]));
        }

        if (trackRunningStats)
        {
            RunningMean = AddBuffer("running_mean", Aten.Zeros([channels]));
            RunningVariance = AddBuffer("running_var", Aten.Ones([channels]));
            BatchesTracked = AddBuffer("num_batches_tracked", Aten.Zeros([], DType.Int64));
        }
    }

    /// <summary>Channels of the input.</summary>
    public int Channels { get; }

    /// <summary>Added to the variance before its root.</summary>
    public double Epsilon { get; }

    /// <summary>Weight of the new batch in the running statistics; null makes them the plain mean over all batches.</summary>
    public double? Momentum { get; }

    /// <summary>Scale, [channels], or null.</summary>
    public Tensor? Weight { get; }

    /// <summary>Shift, [channels], or null.</summary>
    public Tensor? Bias { get; }

    /// <summary>Running mean, [channels], or null.</summary>
    public Tensor? RunningMean { get; }

    /// <summary>Running unbiased variance, [channels], or null.</summary>
    public Tensor? RunningVariance { get; }

    /// <summary>Number of training batches seen, int64, or null.</summary>
    public Tensor? BatchesTracked { get; }

    /// <summary>Ranks whose inputs are normalised together in training; null, the default: this process's input alone.</summary>
    public BatchNormGroup? Group { get; set; }

    /// <summary>Whether training leaves the running statistics as they are. Default false.</summary>
    public bool KeepsStatistics { get; set; }

    /// <inheritdoc/>
    /// <exception cref="TorchException">
    /// The input has another number of dimensions or channels, or, where batch statistics are used, one value per channel.
    /// </exception>
    public sealed override Tensor Forward(Tensor input) => Forward(input, rectified: false);

    /// <summary>
    /// What <see cref="Forward(Tensor)"/> gives, and max(0, x) of that: in training one operator instead of two, which makes 0 of what is no number.
    /// </summary>
    /// <inheritdoc cref="Forward(Tensor)"/>
    public Tensor Rectified(Tensor input) => Forward(input, rectified: true);

    private Tensor Forward(Tensor input, bool rectified)
    {
        bool useBatch = IsTraining || RunningMean is null, synchronized = IsTraining && Group is not null;
        RequireInput(input, useBatch && !synchronized);
        double factor = KeepsStatistics ? 0 : Momentum ?? 0;
        if (IsTraining && !KeepsStatistics && BatchesTracked is not null)
        {
            using (GradMode.Disable())
                BatchesTracked.Add_(1);
            if (Momentum is null)
                factor = 1.0 / BatchesTracked.Item<long>();
        }

        if (IsTraining && !synchronized && FusedBatchNorm.Takes(input, this))
            return FusedBatchNorm.Forward(input, this, factor, rectified);
        Tensor normal = synchronized
            ? new SynchronizedBatchNorm(this, factor).Of(input)
            : Aten.BatchNorm(input, Weight, Bias, RunningMean, RunningVariance, useBatch, factor, Epsilon, cudnnEnabled: true);
        return rectified ? normal.Relu_() : normal;
    }

    /// <summary>Whether inputs may have this number of dimensions.</summary>
    private protected abstract bool Accepts(long rank);

    /// <summary>The ranks that are accepted, for the message.</summary>
    private protected abstract string AcceptedRanks { get; }

    private unsafe void RequireInput(Tensor input, bool useBatch)
    {
        TensorInfo info = input.Info();
        if (!Accepts(info.Dim))
            throw new TorchException($"{GetType().Name} expected {AcceptedRanks} input (got {input.Describe()}).", TorchErrorKind.Value);
        if (useBatch && info.Numel == info.Sizes[1])
        {
            throw new TorchException(
                $"{GetType().Name} expected more than 1 value per channel when training, got input size "
                + $"[{string.Join(", ", input.Shape)}]: use a larger batch, or leave out the last incomplete one.", TorchErrorKind.Value);
        }

        GC.KeepAlive(input);
    }
}

/// <summary>Batch normalisation of images, [N, C, H, W].</summary>
/// <param name="channels">C.</param>
/// <param name="epsilon">Added to the variance before its root.</param>
/// <param name="momentum">Weight of the new batch in the running statistics; null makes them the plain mean over all batches.</param>
/// <param name="affine">Whether scale and shift are learnt.</param>
/// <param name="trackRunningStats">Whether running statistics are kept; without, evaluation uses the batch's.</param>
public sealed class BatchNorm2d(
    int channels, double epsilon = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true)
    : BatchNorm(channels, epsilon, momentum, affine, trackRunningStats)
{
    private protected override string AcceptedRanks => "4D";

    private protected override bool Accepts(long rank) => rank == 4;
}

/// <summary>Batch normalisation of vectors, [N, C], or sequences, [N, C, L].</summary>
/// <param name="channels">C.</param>
/// <param name="epsilon">Added to the variance before its root.</param>
/// <param name="momentum">Weight of the new batch in the running statistics; null makes them the plain mean over all batches.</param>
/// <param name="affine">Whether scale and shift are learnt.</param>
/// <param name="trackRunningStats">Whether running statistics are kept; without, evaluation uses the batch's.</param>
public sealed class BatchNorm1d(
    int channels, double epsilon = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true)
    : BatchNorm(channels, epsilon, momentum, affine, trackRunningStats)
{
    private protected override string AcceptedRanks => "2D or 3D";

    private protected override bool Accepts(long rank) => rank is 2 or 3;
}
