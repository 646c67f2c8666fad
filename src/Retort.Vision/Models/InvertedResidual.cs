using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Vision.Models;

/// <summary>
/// The block of MobileNetV2 (Sandler et al., arXiv:1801.04381, figure 4b): 1×1 convolution to more channels, depthwise 3×3, 1×1 to few
/// channels without activation; the input is added where shapes agree.
/// </summary>
internal sealed class InvertedResidual : Layer
{
    private readonly Sequential _conv;
    private readonly bool _addsInput;

    /// <summary>Takes over the convolutions.</summary>
    /// <param name="conv">The convolutions, as the family names them; the last layer is the batch norm of the output.</param>
    /// <param name="addsInput">Whether the output has the input's shape.</param>
    public InvertedResidual(Sequential conv, bool addsInput)
    {
        _conv = Add("conv", conv);
        _addsInput = addsInput;
    }

    /// <summary>The batch norm of the output.</summary>
    public BatchNorm LastNorm => (BatchNorm)_conv[^1];

    public override Tensor Forward(Tensor input)
    {
        Tensor output = _conv.Forward(input);
        return _addsInput ? output.Add_(input) : output;
    }
}
