using System.Runtime.InteropServices;

namespace Retort.Onnx.Quantization;

/// <summary>How an activation becomes an unsigned byte q: x ≈ (q − zero point) · scale, with 0 among the numbers that are exact.</summary>
/// <param name="Scale">Above 0.</param>
/// <param name="ZeroPoint">The byte that stands for 0.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ActivationScale(float Scale, byte ZeroPoint)
{
    /// <summary>The scale whose bytes cover a range, and 0.</summary>
    public static ActivationScale Covering(double low, double high)
    {
        (low, high) = (Math.Min(low, 0), Math.Max(high, 0));
        float scale = Math.Max((float)((high - low) / byte.MaxValue), float.Epsilon * (1 << 24)); // far from where 1 / scale is infinite
        return new(scale, (byte)Math.Clamp(Math.Round(-low / scale), byte.MinValue, byte.MaxValue));
    }

    /// <summary>What is left of a number.</summary>
    public double Round(double value) =>
        (Math.Clamp(Math.Round(value / Scale) + ZeroPoint, byte.MinValue, byte.MaxValue) - ZeroPoint) * Scale;
}
