namespace Retort.Onnx.Quantization;

/// <summary>How the range that 8 bits of an activation cover is chosen from the values that it takes.</summary>
public enum CalibrationMethod
{
    /// <summary>The range with the least mean squared error: rare values far out may be cut off, so that the others are rounded less.</summary>
    Mse,

    /// <summary>From the least to the greatest value.</summary>
    MinMax,
}
