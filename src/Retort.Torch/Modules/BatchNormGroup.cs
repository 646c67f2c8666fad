using Retort.Torch.Distributed;

namespace Retort.Torch.Modules;

/// <summary>
/// Ranks whose batch norms normalise by the statistics of all their inputs together, as if one process saw them (SyncBatchNorm). In training every
/// forward and every backward pass of a norm is an exchange, so all ranks run the same norms in the same order.
/// </summary>
/// <param name="group">The ranks; the caller's.</param>
/// <example><code>
/// var statistics = new BatchNormGroup(group);
/// foreach (BatchNorm norm in network.NamedModules().Select(entry => entry.Value).OfType&lt;BatchNorm&gt;())
///     norm.Group = statistics;
/// </code></example>
public sealed class BatchNormGroup(ProcessGroup group)
{
    /// <summary>Whether this rank's inputs count, which may change from step to step: a rank without images runs the networks all the same. Default true.</summary>
    public bool Counts { get; set; } = true;

    /// <summary>Mean and biased variance of each channel over the inputs of all ranks, in the same bits on each of them.</summary>
    /// <param name="mean">Of this rank's input, [C].</param>
    /// <param name="variance">Of this rank's input, biased, [C].</param>
    /// <param name="count">Numbers of a channel in this rank's input.</param>
    /// <returns>Float64 [C], where they are exchanged, and the numbers of a channel in all inputs that count.</returns>
    /// <exception cref="TorchException">There is one number a channel at most.</exception>
    /// <exception cref="ProcessGroupException">A rank is gone, or did not come in time.</exception>
    internal (Tensor Mean, Tensor Variance, double Count) Join(Tensor mean, Tensor variance, long count)
    {
        long channels = mean.Size(0);
        Device place = group.Place(mean.Device);
        using Tensor size = Aten.Full([1], count, DType.Float64, device: place);
        // Means and squared deviations rather than sums of squares: those lose the variance of a channel that is far from zero.
        Tensor own = Counts
            ? Aten.Cat([Exact(mean), Exact(variance) * count, size], 0)
            : Aten.Zeros([(2 * channels) + 1], DType.Float64, device: place);
        Tensor all = Aten.Stack(group.AllGather(own)); // [ranks, 2C + 1]
        Tensor means = all.Narrow(1, 0, channels), deviations = all.Narrow(1, channels, channels), counts = all.Narrow(1, 2 * channels, 1);
        double total = counts.Sum().ToDouble();
        if (total <= 1)
        {
            throw new TorchException(
                "Batch norms expected more than 1 value per channel on all ranks together when training: use a larger batch, or leave out the last incomplete one.",
                TorchErrorKind.Value);
        }

        Tensor joined = (means * counts).Sum([0]) / total;
        Tensor apart = means - joined;
        Tensor variances = (deviations + (apart * apart * counts)).Sum([0]) / total;
        return (joined, variances, total);
    }

    /// <summary>Sums over all ranks of numbers for each channel.</summary>
    /// <param name="parts">[C] each.</param>
    /// <returns>As many, float64, where they are exchanged.</returns>
    /// <exception cref="ProcessGroupException">A rank is gone, or did not come in time.</exception>
    internal Tensor[] Sum(params ReadOnlySpan<Tensor> parts)
    {
        Tensor[] exact = new Tensor[parts.Length];
        for (int i = 0; i < parts.Length; i++)
            exact[i] = Exact(parts[i]);
        Tensor sums = Aten.Stack(exact);
        group.AllReduce(sums);
        for (int i = 0; i < exact.Length; i++)
            exact[i] = sums.Select(0, i);
        return exact;
    }

    private Tensor Exact(Tensor tensor) => tensor.Detach().To(group.Place(tensor.Device)).To(DType.Float64);
}
