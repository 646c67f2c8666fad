using System.Runtime.InteropServices;

namespace Retort.Vision.Datasets;

/// <summary>Width and height in pixels.</summary>
/// <param name="Width">Pixels of a row.</param>
/// <param name="Height">Rows.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ImageSize(int Width, int Height)
{
    /// <summary>Bytes of an RGB image of this size, 8 bits a channel.</summary>
    public long RgbBytes => 3L * Width * Height;

    /// <summary>A square.</summary>
    public static ImageSize Square(int side) => new(side, side);

    /// <summary>As "32x24".</summary>
    public override string ToString() => $"{Width}x{Height}";
}
