using Retort.Vision.Datasets;

namespace Retort.Training.Reports;

/// <summary>Pictures of images, small enough to have many in a page.</summary>
internal static class Thumbnail
{
    /// <summary>The longer side at most, in pixels: at most 26 kB in a page. Smaller images stay as they are.</summary>
    public const int Side = 80;

    /// <summary>Draws an image; each pixel is the mean of those that it stands for.</summary>
    /// <param name="images">The images.</param>
    /// <param name="index">Which one.</param>
    /// <param name="name">What the picture shows.</param>
    public static Picture Of(ImageDataset images, int index, string name)
    {
        ReadOnlySpan<byte> pixels = images.Pixels(index);
        int longer = Math.Max(images.Width, images.Height);
        if (longer <= Side)
            return new Picture(name, images.Width, images.Height, pixels.ToArray());

        int width = Math.Max(1, images.Width * Side / longer), height = Math.Max(1, images.Height * Side / longer);
        byte[] small = new byte[width * height * 3];
        for (int at = 0; at < small.Length; at++)
        {
            (int x, int y, int channel) = (at / 3 % width, at / 3 / width, at % 3);
            int left = x * images.Width / width, right = (x + 1) * images.Width / width;
            int top = y * images.Height / height, bottom = (y + 1) * images.Height / height;
            int sum = 0;
            for (int row = top; row < bottom; row++)
            {
                for (int column = left; column < right; column++)
                    sum += pixels[(((row * images.Width) + column) * 3) + channel];
            }

            small[at] = (byte)(sum / ((right - left) * (bottom - top)));
        }

        return new Picture(name, width, height, small);
    }
}
