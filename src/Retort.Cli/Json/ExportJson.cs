using Retort.Onnx;

namespace Retort.Cli.Json;

/// <summary>A model that was written.</summary>
internal static class ExportJson
{
    public static object Of(string file, string model, int opset, ExportResult result, QuantizationResult? quantized) => new
    {
        File = file, Model = model, Opset = opset, result.Nodes, result.Bytes, result.Difference,
        Quantization = quantized is null ? null : new
        {
            Type = "int8", Calibration = quantized.Method.ToString().ToLowerInvariant(), CalibrationImages = quantized.Images, quantized.Seed, quantized.TestImages,
            Top1Before = quantized.Before, Top1Simulated = quantized.After,
        },
    };
}
