using Retort.Onnx;
using Retort.Torch.Serialization;

namespace Retort.Cli.Json;

/// <summary>What was written: an ONNX model, or weights.</summary>
internal static class ExportJson
{
    public static object Of(string file, string model, int opset, ExportResult result, QuantizationResult? quantized, string? report) => new
    {
        File = file, Model = model, Opset = opset, result.Nodes, result.Bytes, result.Difference,
        Quantization = quantized is null ? null : new
        {
            Type = "int8", Calibration = quantized.Method.ToString().ToLowerInvariant(), CalibrationImages = quantized.Images, quantized.Seed, TestImages = quantized.Before.Images,
            Top1Before = quantized.Before.Top1, Top1Simulated = quantized.After.Top1, Report = report,
        },
    };

    public static object OfWeights(string file, string model, CheckpointFormat format, int tensors) => new
    {
        File = file, Model = model, Format = format, Tensors = tensors,
    };
}
