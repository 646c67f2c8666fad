using Retort.Torch;

namespace Retort.Distillation.Views;

/// <summary>Images [N, C, H, W] turned by right angles, counter-clockwise. They keep their shape where they are square.</summary>
public static class Rotations
{
    /// <summary>By 90, 180 and 270 degrees.</summary>
    public static IReadOnlyList<ImageView> All { get; } = [Quarter, Half, ThreeQuarters];

    /// <summary>By 90 degrees.</summary>
    public static Tensor Quarter(Tensor images) => images.Flip([3]).Transpose(2, 3);

    /// <summary>By 180 degrees.</summary>
    public static Tensor Half(Tensor images) => images.Flip([2, 3]);

    /// <summary>By 270 degrees.</summary>
    public static Tensor ThreeQuarters(Tensor images) => images.Flip([2]).Transpose(2, 3);
}
