using Retort.Torch;

namespace Retort.Distillation.Connectors;

/// <summary>Maps of different height meet at the smaller one's size: the larger is averaged down to it (adaptive average pooling).</summary>
internal static class CommonSize
{
    /// <summary>Whether one of two shapes [C, H, W] is at least as large as the other in both directions.</summary>
    public static bool Exists(long[] a, long[] b) => a[1].CompareTo(b[1]) switch
    {
        0 => a[2] == b[2],
        > 0 => a[2] >= b[2],
        _ => a[2] <= b[2],
    };

    /// <summary>Both maps, [N, C, H, W] and [N, C', H', W'], at one height and width.</summary>
    public static (Tensor A, Tensor B) Reduce(Tensor a, Tensor b) => a.Size(2).CompareTo(b.Size(2)) switch
    {
        0 => (a, b),
        > 0 => (a.AdaptiveAvgPool2d([b.Size(2), b.Size(3)]), b),
        _ => (a, b.AdaptiveAvgPool2d([a.Size(2), a.Size(3)])),
    };
}
