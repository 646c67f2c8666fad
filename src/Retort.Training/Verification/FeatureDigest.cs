using Retort.Torch;

namespace Retort.Training.Verification;

/// <summary>What a golden case keeps of a large feature: mean, mean of the magnitudes, and the first values.</summary>
internal static class FeatureDigest
{
    /// <summary>Suffix of an expected tensor that is a digest.</summary>
    public const string Suffix = ".digest";

    private const int FirstValues = 64;

    /// <summary>Digests a feature of at least 64 elements.</summary>
    /// <returns>Float64 [66], owned by the current scope.</returns>
    public static Tensor Of(Tensor feature)
    {
        using var noGrad = GradMode.Disable();
        using Tensor detached = feature.Detach();
        using Tensor wide = detached.To(DType.Float64);
        double[] values = wide.ToArray<double>();
        double sum = 0, magnitudes = 0;
        foreach (double value in values)
        {
            sum += value;
            magnitudes += Math.Abs(value);
        }

        return Tensor.From([sum / values.Length, magnitudes / values.Length, .. values.AsSpan(0, Math.Min(FirstValues, values.Length))]);
    }
}
