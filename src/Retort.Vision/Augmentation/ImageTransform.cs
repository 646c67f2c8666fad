using Retort.Vision.Datasets;

namespace Retort.Vision.Augmentation;

/// <summary>
/// From the bytes of an image to the floats that a network sees. What happens to an image is a function of the transform, the epoch and
/// the sample alone, so that any number of threads may share one, and a resumed run sees what it would have seen.
/// </summary>
public abstract class ImageTransform
{
    /// <summary>How the floats lie.</summary>
    public abstract PixelOrder Order { get; }

    /// <summary>Size of the result; null: that of the image.</summary>
    public abstract ImageSize? Size { get; }

    /// <summary>Whether it cuts its own part out of an image, and is to see as much of it as there is: <see cref="ImageDataset.IsWhole"/>.</summary>
    public virtual bool TakesWholeImages => false;

    /// <summary>Transforms one image.</summary>
    /// <param name="source">[height, width, 3].</param>
    /// <param name="size">The image's size.</param>
    /// <param name="epoch">Which pass over the data, ≥ 0.</param>
    /// <param name="index">The sample's index in its data set.</param>
    /// <param name="target">Width · height · 3 floats of the result, in <see cref="Order"/>.</param>
    /// <exception cref="ArgumentException">A span's length does not fit the sizes.</exception>
    public abstract void Apply(ReadOnlySpan<byte> source, ImageSize size, int epoch, int index, Span<float> target);
}
