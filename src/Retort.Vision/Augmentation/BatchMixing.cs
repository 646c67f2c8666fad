using Retort.Torch;

namespace Retort.Vision.Augmentation;

/// <summary>
/// Mixes each image of a batch with the one at the same place from the end, and their labels in the same proportion: mixup (Zhang et al.,
/// arXiv:1710.09412) adds them, cutmix (Yun et al., arXiv:1905.04899) pastes a rectangle. One share for the whole batch, as timm's
/// default; a function of seed, epoch and step alone.
/// </summary>
/// <param name="options">How often, how much.</param>
/// <param name="classes">Number of classes.</param>
public sealed class BatchMixing(BatchMixingOptions options, int classes)
{
    /// <summary>Mixes a batch, on the device on which it lies.</summary>
    /// <param name="images">[N, 3, H, W]; not changed.</param>
    /// <param name="labels">Int64 [N].</param>
    /// <param name="epoch">Which pass over the data, from 0.</param>
    /// <param name="step">Which batch of the epoch, from 0.</param>
    /// <returns>
    /// Images of the same shape and the probabilities of their classes, float32 [N, classes]; both as they were given in a batch that is not
    /// mixed.
    /// </returns>
    public (Tensor Images, Tensor Labels) Apply(Tensor images, Tensor labels, int epoch, int step)
    {
        var random = new CounterRandom(options.Seed, RandomPurpose.Mixing, epoch, step);
        if (!options.IsOn || !random.Chance(options.Probability))
            return (images, labels);
        bool cuts = options.Mixup == 0 || (options.Cutmix > 0 && random.Chance(options.SwitchProbability));
        double share = random.NextBeta(cuts ? options.Cutmix : options.Mixup);
        Tensor others = images.Flip([0]), mixed;
        if (cuts)
            (mixed, share) = Paste(images, others, share, ref random);
        else
            mixed = (images * share) + (others * (1 - share));
        Tensor own = labels.OneHot(classes).To(DType.Float32);
        return (mixed, (own * share) + (own.Flip([0]) * (1 - share)));
    }

    // The rectangle's middle may lie anywhere, so that a part of it may be cut off; the share is that of what is left.
    private static (Tensor Mixed, double Share) Paste(Tensor images, Tensor others, double share, ref CounterRandom random)
    {
        (int height, int width) = ((int)images.Size(2), (int)images.Size(3));
        double side = Math.Sqrt(1 - share);
        (int top, int rows) = Part(height, (int)(height * side), random.Next(height));
        (int left, int columns) = Part(width, (int)(width * side), random.Next(width));
        Tensor mixed = images.Clone();
        if (rows > 0 && columns > 0)
            mixed.Narrow(2, top, rows).Narrow(3, left, columns).Copy_(others.Narrow(2, top, rows).Narrow(3, left, columns));
        return (mixed, 1 - ((double)rows * columns / ((double)height * width)));
    }

    private static (int First, int Count) Part(int whole, int wanted, int middle)
    {
        int first = Math.Max(0, middle - (wanted / 2)), end = Math.Min(whole, middle + (wanted / 2));
        return (first, end - first);
    }
}
