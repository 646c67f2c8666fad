using Retort.Torch.Modules;
using Retort.Vision.Models;

namespace CustomNetworkAndData;

/// <summary>
/// A network of one's own: two convolutional stages and a linear classifier. Blocks are appended in order, and each is a tap that methods
/// can read by its name; a network that is no such chain derives from <c>Network</c> and gives its taps itself.
/// </summary>
internal sealed class DigitNet : ChainNetwork
{
    /// <summary>Makes it, newly initialised.</summary>
    /// <param name="width">Channels of the first stage; the second has twice as many.</param>
    /// <param name="classes">Length of the logits.</param>
    public DigitNet(int width, int classes)
        : base(classes)
    {
        Stage("stage1", inputs: 3, outputs: width);
        Stage("stage2", inputs: width, outputs: 2 * width);
        Append("pooled", map => map.Flatten(1), []); // where a segment lies matters here, so it is not averaged away
        End(Add("fc", new Linear(2 * width * 4 * 4, classes)));
    }

    private void Stage(string name, int inputs, int outputs)
    {
        var convolution = Add($"{name}_conv", new Conv2d(inputs, outputs, kernelSize: 3, stride: 2, padding: 1, bias: false));
        var norm = Add($"{name}_norm", new BatchNorm2d(outputs));
        Append(name, map => norm.Forward(convolution.Forward(map)).Relu(), [convolution, norm]);
    }
}
