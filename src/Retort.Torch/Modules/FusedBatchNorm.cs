using Retort.Torch.Native;

namespace Retort.Torch.Modules;

/// <summary>
/// Batch normalisation in training, with or without the ReLU behind it, as the bridge's one operator (on CPUs, with oneDNN): fewer passes over
/// memory in both directions than libtorch's own.
/// </summary>
internal static unsafe class FusedBatchNorm
{
    private const int Block = 16; // channels of a vector register of oneDNN's kernels; with others they are slow

    private static readonly Operator Fused = new("retort::batch_norm_relu", "");
    private static readonly Lazy<bool> IsAvailable = new(() => Fused.Exists);

    /// <summary>Whether it serves a norm in training, for an input.</summary>
    public static bool Takes(Tensor input, BatchNorm norm)
    {
        TensorInfo info = input.Info();
        bool takes = info.Dim == 4 && info.IsChannelsLast != 0 && info.DeviceType == (int)DeviceType.Cpu && norm.Channels % Block == 0
            && info.Sizes[1] == norm.Channels && OneDnn.Computes((DType)info.DType) && norm is { Weight.DType: DType.Float32, Bias: not null }
            && IsAvailable.Value;
        GC.KeepAlive(input);
        return takes;
    }

    /// <summary>Runs it.</summary>
    /// <param name="input">[N, C, H, W], channels last.</param>
    /// <param name="norm">Whose parameters and running statistics are used.</param>
    /// <param name="momentum">Weight of this batch in the running statistics.</param>
    /// <param name="rectified">Whether the ReLU follows.</param>
    public static Tensor Forward(Tensor input, BatchNorm norm, double momentum, bool rectified)
    {
        BridgeValue* arguments = stackalloc BridgeValue[8]
        {
            BridgeValue.Of(input), BridgeValue.Of(norm.Weight), BridgeValue.Of(norm.Bias), BridgeValue.Of(norm.RunningMean),
            BridgeValue.Of(norm.RunningVariance), BridgeValue.Of(momentum), BridgeValue.Of(norm.Epsilon), BridgeValue.Of(rectified),
        };
        BridgeValue result;
        Fused.Call(arguments, 8, &result, 1);
        GC.KeepAlive(input);
        GC.KeepAlive(norm);
        return Tensor.Owned(result);
    }
}
