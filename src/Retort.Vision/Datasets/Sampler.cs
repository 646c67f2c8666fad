namespace Retort.Vision.Datasets;

/// <summary>
/// In which order an epoch goes through a data set, and how it is cut into batches. The order is a function of the seed and
/// the epoch alone, so a resumed run sees the batches that it would have seen.
/// </summary>
public sealed class Sampler
{
    private readonly ulong _seed;

    /// <summary>Sets what is drawn from, and how much at a time.</summary>
    /// <param name="count">Images of the data set, ≥ 1.</param>
    /// <param name="batchSize">Images of a batch, ≥ 1.</param>
    /// <param name="seed">Seed of the order.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public Sampler(int count, int batchSize, ulong seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        Count = count;
        BatchSize = batchSize;
        _seed = seed;
    }

    /// <summary>Images of the data set.</summary>
    public int Count { get; }

    /// <summary>Images of a batch; the last one may have fewer unless <see cref="DropLast"/>.</summary>
    public int BatchSize { get; }

    /// <summary>A new random order in each epoch; otherwise the order of the data set. Default true.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>Leave out the last batch when it is not full. Default false.</summary>
    public bool DropLast { get; init; }

    /// <summary>Batches of an epoch; 0 when the one batch there would be is dropped.</summary>
    public int BatchesPerEpoch => DropLast ? Count / BatchSize : (int)(((long)Count + BatchSize - 1) / BatchSize);

    /// <summary>The sample indices of a whole epoch, in order, also those that <see cref="DropLast"/> leaves out.</summary>
    /// <param name="epoch">Which pass over the data, ≥ 0.</param>
    public int[] Order(int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        var order = new int[Count];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        if (!Shuffle) return order;

        var random = new CounterRandom(_seed, RandomPurpose.Order, epoch, 0);
        for (var i = order.Length - 1; i > 0; i--)
        {
            var j = random.Next(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }

    /// <summary>The sample indices of one batch.</summary>
    /// <param name="order">What <see cref="Order"/> gave for the epoch.</param>
    /// <param name="step">Which batch, 0 ≤ step &lt; <see cref="BatchesPerEpoch"/>.</param>
    public ReadOnlySpan<int> Batch(ReadOnlySpan<int> order, int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, BatchesPerEpoch);
        var start = step * BatchSize;
        return order.Slice(start, Math.Min(BatchSize, order.Length - start));
    }
}
