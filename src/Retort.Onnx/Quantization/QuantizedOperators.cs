using Retort.Torch;

namespace Retort.Onnx.Quantization;

/// <summary>How the rounding of quantisation is written: as a pair of QuantizeLinear and DequantizeLinear; of a constant, as its integers and the second.</summary>
internal static class QuantizedOperators
{
    private const int Scale = 1, ZeroPoint = 2, Axis = 3, Most = 5; // arguments

    /// <summary>An activation: unsigned bytes.</summary>
    public static string Activation(OperatorCall call)
    {
        string scale = call.To.Real(call.Real(Scale, 1)), zero = call.To.Byte((byte)call.Integer(ZeroPoint, 0));
        return call.To.Add("DequantizeLinear", [call.To.Add("QuantizeLinear", [call.Input(0), scale, zero]), scale, zero]);
    }

    /// <summary>A constant, with a scale for each channel: bytes for weights, 32 bits for biases.</summary>
    public static string Constant(OperatorCall call)
    {
        Tensor constant = call.Constant(0) ?? throw call.Unfit(0), scales = call.Constant(Scale) ?? throw call.Unfit(Scale);
        double[] rounded = Round(constant.ToArray<float>(), scales.ToArray<float>());
        bool isByte = call.Integer(Most, 0) == sbyte.MaxValue;
        using Tensor integers = isByte
            ? Tensor.From<sbyte>([.. rounded.Select(value => (sbyte)Math.Clamp(value, sbyte.MinValue, sbyte.MaxValue))], constant.Shape)
            : Tensor.From<int>([.. rounded.Select(value => (int)Math.Clamp(value, int.MinValue, int.MaxValue))], constant.Shape);
        using Tensor zeros = Aten.Zeros(scales.Shape, integers.DType);
        string name = call.To.Unique(call.NameOf(0) ?? "constant");
        return call.To.Add(
            "DequantizeLinear", [call.To.Write(name, integers), call.Input(Scale), call.To.Write(call.To.Unique($"{name}.zero_point"), zeros)],
            OnnxAttribute.Of("axis", call.Integer(Axis, 0)));
    }

    // As libtorch rounds: in single precision, by the reciprocal.
    private static double[] Round(float[] values, float[] scales)
    {
        int perChannel = values.Length / scales.Length;
        return [.. values.Select((value, i) => (double)MathF.Round(value * (1 / scales[i / perChannel])))];
    }
}
