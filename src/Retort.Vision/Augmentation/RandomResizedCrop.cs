using Retort.Vision.Datasets;
using Retort.Vision.Datasets.Decoding;

namespace Retort.Vision.Augmentation;

/// <summary>
/// A random part of an image, of random area and shape, scaled to one size (torchvision's RandomResizedCrop, from Szegedy et al.,
/// arXiv:1409.4842), bilinearly and without aliasing.
/// </summary>
/// <param name="options">Which parts.</param>
internal sealed class RandomResizedCrop(RandomResizedCropOptions options)
{
    private const int Attempts = 10;

    /// <summary>Writes a random part.</summary>
    /// <param name="source">[height, width, 3].</param>
    /// <param name="from">Its size.</param>
    /// <param name="target">[height, width, 3].</param>
    /// <param name="to">The result's size.</param>
    /// <param name="resizer">The thread's.</param>
    /// <param name="random">The image's stream.</param>
    public void Apply(
        ReadOnlySpan<byte> source, ImageSize from, Span<byte> target, ImageSize to, ImageResizer resizer, ref CounterRandom random)
    {
        (int left, int top, ImageSize part) = Choose(from, ref random);
        resizer.Resize(source, from, left, top, part, target, to);
    }

    /// <summary>Draws the part; where ten draws do not fit, it is the largest one in the middle with an allowed shape.</summary>
    internal (int Left, int Top, ImageSize Part) Choose(ImageSize from, ref CounterRandom random)
    {
        double area = (double)from.Width * from.Height;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            double wanted = area * random.Between(options.LeastScale, options.MostScale);
            double ratio = Math.Exp(random.Between(Math.Log(options.LeastRatio), Math.Log(options.MostRatio)));
            var part = new ImageSize((int)Math.Round(Math.Sqrt(wanted * ratio)), (int)Math.Round(Math.Sqrt(wanted / ratio)));
            if (part.Width < 1 || part.Height < 1 || part.Width > from.Width || part.Height > from.Height) continue;
            int top = random.Next(from.Height - part.Height + 1);
            return (random.Next(from.Width - part.Width + 1), top, part);
        }

        double own = (double)from.Width / from.Height;
        ImageSize largest = own < options.LeastRatio ? new(from.Width, (int)Math.Round(from.Width / options.LeastRatio))
            : own > options.MostRatio ? new((int)Math.Round(from.Height * options.MostRatio), from.Height)
            : from;
        largest = new(Math.Clamp(largest.Width, 1, from.Width), Math.Clamp(largest.Height, 1, from.Height));
        return ((from.Width - largest.Width) / 2, (from.Height - largest.Height) / 2, largest);
    }
}
