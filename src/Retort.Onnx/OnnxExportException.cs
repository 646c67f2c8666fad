
namespace Retort.Onnx;

/// <summary>A network cannot be written as an ONNX model.</summary>
public sealed class OnnxExportException : RetortException
{
    internal OnnxExportException(string message)
        : base(message)
    {
    }
}
