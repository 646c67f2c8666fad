using Retort.Torch.Modules;

namespace Retort.Distillation.Connectors;

/// <summary>
/// Brings the student's channels to the teacher's: a 1×1 convolution without bias, batch norm, and where asked for a ReLU. The
/// convolution starts normal with variance 2 / outputs, the norm as the identity: the connectors of OFD and SRRL in their authors' code.
/// </summary>
internal static class PointwiseConnector
{
    /// <summary>Makes a connector; [N, inputs, H, W] becomes [N, outputs, H, W].</summary>
    public static Sequential Create(long inputs, long outputs, bool rectify)
    {
        var convolution = new Conv2d((int)inputs, (int)outputs, kernelSize: 1, bias: false);
        Init.KaimingNormal_(convolution.Weight, fanOut: true);
        var norm = new BatchNorm2d((int)outputs);
        return rectify ? new Sequential(convolution, norm, new ReLU(inPlace: true)) : new Sequential(convolution, norm);
    }
}
