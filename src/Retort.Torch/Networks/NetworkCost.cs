using Retort.Torch.Modules;
using Retort.Torch.Native;

namespace Retort.Torch.Networks;

/// <summary>What a network costs.</summary>
/// <param name="Parameters">Number of trainable values.</param>
/// <param name="Macs">Multiply-accumulates of one image's forward pass: convolutions, linear layers and products of matrices, without biases.</param>
public sealed record NetworkCost(long Parameters, long Macs)
{
    /// <summary>Counts parameters, and the multiply-accumulates of a forward pass on one black image.</summary>
    /// <param name="network">Left in the mode it had.</param>
    /// <param name="height">Image height in pixels.</param>
    /// <param name="width">Image width in pixels.</param>
    /// <param name="device">Where the network is.</param>
    public static NetworkCost Measure(Network network, int height, int width, Device device)
    {
        using var mode = EvaluationMode.Enter(network);
        using var noGrad = GradMode.Disable();
        using var scope = new TensorScope();
        using var counter = new MacCounter();
        network.Forward(Aten.Zeros([1, 3, height, width], device: device));
        return new NetworkCost(network.Parameters().Sum(p => p.Count), counter.Macs);
    }

    private sealed unsafe class MacCounter : OperatorObserver
    {
        public long Macs { get; private set; }

        public override void Called(Operator op, ReadOnlySpan<BridgeValue> arguments, ReadOnlySpan<BridgeValue> results)
        {
            switch (op.Name)
            {
                case "aten::conv2d" or "aten::linear": // an output element is a dot product with one row of the weight
                    TensorInfo weight = Read(arguments[1].Pointer);
                    Macs += Read(results[0].Pointer).Numel * (weight.Numel / weight.Sizes[0]);
                    break;
                case "aten::matmul": // or with one row of the first matrix
                    TensorInfo matrix = Read(arguments[0].Pointer);
                    Macs += Read(results[0].Pointer).Numel * matrix.Sizes[matrix.Dim - 1];
                    break;
            }
        }

        private static TensorInfo Read(nint handle)
        {
            TensorInfo info;
            Bridge.Check(Bridge.retort_tensor_info_read(handle, &info));
            return info;
        }
    }
}
