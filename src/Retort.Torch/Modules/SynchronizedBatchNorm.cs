namespace Retort.Torch.Modules;

/// <summary>
/// Batch normalisation in training by the statistics of several ranks' inputs. With x̂ = (x - mean) / σ over all of them, and the sums over all
/// ranks of g and g·x̂, g being the gradient of the result, that of the input is weight / σ · (g - Σg/n - x̂ · Σg·x̂/n). Weight and bias get
/// this rank's part of their gradients, which are summed with those of all other parameters.
/// </summary>
/// <param name="norm">Whose parameters and running statistics are used; it has a group.</param>
/// <param name="momentum">Weight of this batch in the running statistics.</param>
internal sealed class SynchronizedBatchNorm(BatchNorm norm, double momentum) : AutogradFunction
{
    private readonly BatchNormGroup _group = norm.Group!;
    private readonly bool _counts = norm.Group!.Counts; // of this step; the group's may be the next one's by the time of the backward pass
    private double _count;

    /// <summary>Normalises.</summary>
    /// <param name="input">[N, C, ...].</param>
    public Tensor Of(Tensor input) => norm.Weight is { } weight && norm.Bias is { } bias ? Apply(input, weight, bias) : Apply(input);

    /// <inheritdoc/>
    protected override Tensor Forward(IReadOnlyList<Tensor> inputs)
    {
        using var scope = new TensorScope();
        Tensor input = inputs[0];
        (Tensor mean, Tensor variance) = Aten.BatchNormUpdateStats(input.To(DType.Float32), null, null, 0); // of 16 bits it would give 16 bits
        (Tensor joined, Tensor variances, _count) = _group.Join(mean, variance, input.Count / norm.Channels);
        Follow(joined, variances * (_count / (_count - 1)));

        Device device = input.Device;
        mean = scope.Keep(joined.To(DType.Float32).To(device));
        variance = variances.To(DType.Float32).To(device);
        Tensor inverse = scope.Keep((variances + norm.Epsilon).Rsqrt().To(DType.Float32).To(device));
        Save([input, mean, inverse, .. inputs.Skip(1).Take(1)]);
        return scope.Keep(Aten.BatchNorm(input, norm.Weight, norm.Bias, mean, variance, training: false, 0, norm.Epsilon, cudnnEnabled: true));
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> saved, Tensor outputGradient)
    {
        (Tensor input, Tensor mean, Tensor inverse) = (saved[0], saved[1], saved[2]); // inverse: 1 / σ
        Tensor? weight = saved.Count > 3 ? saved[3] : null;
        Tensor gradient = outputGradient.To(input.IsChannelsLast ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous);
        (_, Tensor ofWeight, Tensor ofBias) = Aten.NativeBatchNormBackward(
            gradient, input, weight, null, null, mean, inverse, train: true, norm.Epsilon, [false, true, true]);
        Tensor[] sums = _group.Sum(ofBias, ofWeight); // Σg, Σg·x̂
        Tensor ofInput;
        if (_counts)
        {
            Tensor OfChannel(Tensor channels) => channels.View([1, -1, .. Enumerable.Repeat(1L, input.Shape.Length - 2)]);
            Tensor Mean(Tensor sum) => (sum / _count).To(DType.Float32).To(input.Device);
            Tensor average = Mean(sums[0]), slope = Mean(sums[1]) * inverse, scale = weight is null ? inverse : inverse * weight;
            ofInput = ((gradient - OfChannel(average) - ((input - OfChannel(mean)) * OfChannel(slope))) * OfChannel(scale)).To(input.DType);
        }
        else
        {
            ofInput = input.ZerosLike(); // no other rank's statistics depend on it
        }

        return weight is null ? [ofInput] : [ofInput, ofWeight, ofBias];
    }

    private void Follow(Tensor mean, Tensor unbiased)
    {
        if (norm.RunningMean is null || norm.RunningVariance is null)
            return;
        foreach ((Tensor running, Tensor batch) in ((Tensor, Tensor)[])[(norm.RunningMean, mean), (norm.RunningVariance, unbiased)])
            running.Mul_(1 - momentum).Add_(batch.To(running.DType).To(running.Device), momentum);
    }
}
