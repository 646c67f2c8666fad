namespace Retort.Vision.Datasets;

/// <summary>Divides a data set in two, the same share of each class; which images go where is a function of the seed and the labels alone.</summary>
public static class StratifiedSplit
{
    /// <summary>Holds out a share of each class.</summary>
    /// <param name="dataset">What is divided; stays as it is.</param>
    /// <param name="share">Share that is held out, above 0 and below 1; rounded to whole images in each class.</param>
    /// <param name="seed">Chooses the images.</param>
    /// <returns>The images that stay, and those held out, both in their order in the data set.</returns>
    /// <exception cref="DataException">A class would have no image on one of the sides.</exception>
    public static (ImageDataset Kept, ImageDataset Held) Divide(ImageDataset dataset, double share, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        if (share is not (> 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(share), share, "The share must be above 0 and below 1.");
        var members = Enumerable.Range(0, dataset.Classes.Count).Select(_ => new List<int>()).ToArray();
        for (var i = 0; i < dataset.Count; i++) members[dataset.Label(i)].Add(i);

        var isHeld = new bool[dataset.Count];
        for (var label = 0; label < members.Length; label++)
        {
            var images = members[label];
            if (images.Count == 0) continue;
            var count = (int)Math.Round(share * images.Count, MidpointRounding.AwayFromZero);
            if (count == 0 || count == images.Count)
            {
                throw new DataException(
                    $"Of the {images.Count} images of class '{dataset.Classes[label]}', a share of {share} leaves none on one side; hold out "
                    + $"{(count == 0 ? "more" : "less")}, or add images.");
            }

            var random = new CounterRandom(seed, RandomPurpose.DevSplit, label, 0);
            for (var i = 0; i < count; i++) // the first steps of a shuffle
            {
                var j = i + random.Next(images.Count - i);
                (images[i], images[j]) = (images[j], images[i]);
                isHeld[images[i]] = true;
            }
        }

        int[] Where(bool held) => [.. Enumerable.Range(0, dataset.Count).Where(i => isHeld[i] == held)];
        return (dataset.Subset(dataset.Name, Where(held: false)), dataset.Subset($"{dataset.Name}-dev", Where(held: true)));
    }
}
