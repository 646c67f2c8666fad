/// <summary>The model or ONNX Runtime cannot be used; the message says why, and what to do.</summary>
internal sealed class ModelException(string message, Exception? inner = null) : Exception(message, inner);
