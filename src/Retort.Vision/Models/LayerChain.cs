using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Vision.Models;

/// <summary>Lets a block read as the sequence of its layers.</summary>
internal static class LayerChain
{
    /// <summary>Runs a layer and frees its input; what backward needs of it stays with the graph.</summary>
    public static Tensor Through(this Tensor input, Layer layer)
    {
        using (input)
            return layer.Forward(input);
    }

    /// <summary>Runs a norm and the ReLU behind it, and frees its input.</summary>
    public static Tensor Rectified(this Tensor input, BatchNorm norm)
    {
        using (input)
            return norm.Rectified(input);
    }
}
