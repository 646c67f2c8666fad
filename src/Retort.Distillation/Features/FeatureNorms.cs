using Retort.Torch;

namespace Retort.Distillation.Features;

/// <summary>Normalisation of features to length 1.</summary>
public static class FeatureNorms
{
    /// <summary>PyTorch's. What is shorter has no length: a gradient would come out of it multiplied by the inverse.</summary>
    internal const double Least = 1e-12;

    /// <summary>
    /// Divides by the Euclidean length along a dimension. What has no length, such as the map of a dead channel, stays 0 and gets no
    /// gradient; dividing by a tiny constant instead, as PyTorch's normalize does, would multiply whatever comes back by its inverse.
    /// </summary>
    /// <param name="x">Any shape.</param>
    /// <param name="dim">The dimension.</param>
    /// <returns>The same shape, of length 1 or 0 along the dimension.</returns>
    public static Tensor Unit(Tensor x, long dim)
    {
        Tensor length = x.LinalgVectorNorm(2, [dim], keepdim: true);
        return x * (length.Gt(Least).To(x.DType) / length.ClampMin(Least));
    }
}
