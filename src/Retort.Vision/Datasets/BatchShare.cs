namespace Retort.Vision.Datasets;

/// <summary>
/// Which images of each batch are one process's, where several train together. Shares are taken from both ends of a batch, so that images
/// which are mixed with each other (<see cref="Augmentation.BatchMixing"/>) are of one share. Nobody has a single image of several, of which batch norms
/// could make nothing. Who finds no image left takes the first one twice, uncounted, so that all processes always do the same.
/// </summary>
/// <param name="Rank">Whose, 0 to <paramref name="Count"/> - 1.</param>
/// <param name="Count">Processes, at least 1.</param>
public sealed record BatchShare(int Rank, int Count)
{
    /// <summary>Everything: the only process.</summary>
    public static BatchShare Whole { get; } = new(0, 1);

    /// <summary>Places in a batch, in their order; never empty.</summary>
    /// <param name="images">Images of the batch, at least 1.</param>
    public int[] Places(int images)
    {
        (int first, int end) = Pairs(images);
        List<int> places = [.. Enumerable.Range(first, end - first)];
        if (HasMiddle(images))
            places.Add(images / 2);
        places.AddRange(Enumerable.Range(images - end, end - first));
        return places.Count > 0 ? [.. places] : [0, 0];
    }

    /// <summary>How many of them count: none where the only one is somebody else's.</summary>
    /// <param name="images">Images of the batch, at least 1.</param>
    public int Counted(int images)
    {
        (int first, int end) = Pairs(images);
        return (2 * (end - first)) + (HasMiddle(images) ? 1 : 0);
    }

    // The first ones take a pair more where they do not come out even; so the first never goes empty.
    private (int First, int End) Pairs(int images)
    {
        int pairs = images / 2, each = pairs / Count, rest = pairs % Count;
        int first = (Rank * each) + Math.Min(Rank, rest);
        return (first, first + each + (Rank < rest ? 1 : 0));
    }

    // Of an odd number of images, the last one who has a pair takes the one in the middle.
    private bool HasMiddle(int images) => images % 2 == 1 && Rank == Math.Max(Math.Min(images / 2, Count) - 1, 0);
}
