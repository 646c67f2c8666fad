using Retort.Vision.Datasets;

namespace Retort.Training.Parallel;

/// <summary>Whose the images of a batch are.</summary>
/// <param name="Share">This process's share of all batches.</param>
/// <param name="Images">Images of this batch.</param>
internal sealed record BatchLayout(BatchShare Share, int Images)
{
    /// <summary>This process's images that count.</summary>
    public int Counted => Share.Counted(Images);

    /// <summary>What its mean over them counts in the batch's.</summary>
    public double Weight => (double)Counted / Images;

    /// <summary>Places of its images in the batch.</summary>
    public long[] Places => [.. Share.Places(Images).Select(place => (long)place)];

    /// <summary>Images of the largest share.</summary>
    public int Most => Shares().Max(share => share.Places(Images).Length);

    /// <summary>Where each image of the batch is when all shares lie one after another, each as long as the largest.</summary>
    public long[] Order()
    {
        long[] order = new long[Images];
        int most = Most;
        foreach (BatchShare share in Shares())
        {
            if (share.Counted(Images) == 0)
                continue;
            int[] places = share.Places(Images);
            for (int i = 0; i < places.Length; i++)
                order[places[i]] = ((long)share.Rank * most) + i;
        }

        return order;
    }

    private IEnumerable<BatchShare> Shares() => Enumerable.Range(0, Share.Count).Select(rank => Share with { Rank = rank });
}
