using System.Runtime.InteropServices;
using Retort.Vision.Datasets;

namespace Retort.Vision.Augmentation;

/// <summary>
/// An affine map from the pixels of the result to those of the image, as PIL's transform(AFFINE) has it: the point (x, y) of the result shows
/// what the image has at (A·x + B·y + C, D·x + E·y + F). Points are the middles of pixels, at halves.
/// </summary>
/// <param name="A">Of x' by x.</param>
/// <param name="B">Of x' by y.</param>
/// <param name="C">Of x'.</param>
/// <param name="D">Of y' by x.</param>
/// <param name="E">Of y' by y.</param>
/// <param name="F">Of y'.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct AffineWarp(double A, double B, double C, double D, double E, double F)
{
    /// <summary>Rows move sideways, the farther down the more.</summary>
    public static AffineWarp ShearX(double factor) => new(1, factor, 0, 0, 1, 0);

    /// <summary>Columns move up or down, the farther right the more.</summary>
    public static AffineWarp ShearY(double factor) => new(1, 0, 0, factor, 1, 0);

    /// <summary>The image moves to the left and up by so many pixels.</summary>
    public static AffineWarp Translate(double x, double y) => new(1, 0, x, 0, 1, y);

    /// <summary>The image turns anticlockwise around its middle.</summary>
    public static AffineWarp Rotate(double degrees, ImageSize size)
    {
        (double sin, double cos) = Math.SinCos(-degrees * Math.PI / 180);
        double x = size.Width / 2.0, y = size.Height / 2.0;
        return new(cos, sin, x - (cos * x) - (sin * y), -sin, cos, y + (sin * x) - (cos * y));
    }

    /// <summary>Warps an image, bilinearly between the four nearest pixels.</summary>
    /// <param name="source">[height, width, 3].</param>
    /// <param name="size">Of both images.</param>
    /// <param name="fill">Red, green, blue where the result shows what is beyond the image.</param>
    /// <param name="target">[height, width, 3].</param>
    public void Apply(ReadOnlySpan<byte> source, ImageSize size, ReadOnlySpan<byte> fill, Span<byte> target)
    {
        int at = 0;
        for (int y = 0; y < size.Height; y++)
        {
            for (int x = 0; x < size.Width; x++, at += 3)
            {
                double fromX = (A * (x + 0.5)) + (B * (y + 0.5)) + C, fromY = (D * (x + 0.5)) + (E * (y + 0.5)) + F;
                if (fromX >= 0 && fromX < size.Width && fromY >= 0 && fromY < size.Height)
                    Sample(source, size, fromX - 0.5, fromY - 0.5, target.Slice(at, 3));
                else
                    fill.CopyTo(target[at..]);
            }
        }
    }

    private static void Sample(ReadOnlySpan<byte> source, ImageSize size, double x, double y, Span<byte> pixel)
    {
        int left = (int)Math.Floor(x), top = (int)Math.Floor(y);
        double right = x - left, below = y - top;
        int x0 = Math.Max(left, 0) * 3, x1 = Math.Min(left + 1, size.Width - 1) * 3;
        int y0 = Math.Max(top, 0) * size.Width * 3, y1 = Math.Min(top + 1, size.Height - 1) * size.Width * 3;
        for (int c = 0; c < 3; c++)
        {
            double upper = source[y0 + x0 + c] + (right * (source[y0 + x1 + c] - source[y0 + x0 + c]));
            double lower = source[y1 + x0 + c] + (right * (source[y1 + x1 + c] - source[y1 + x0 + c]));
            pixel[c] = (byte)(upper + (below * (lower - upper))); // cut off, as Pillow does
        }
    }
}
