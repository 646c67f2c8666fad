using Retort.Torch;

namespace Retort.Distillation.Features;

/// <summary>The leading right singular vectors of maps, as matrices of positions × channels.</summary>
/// <param name="Right">[N, C, k], float64, orthonormal; carries the gradient of the maps.</param>
/// <param name="Values">[N, k], float64, descending; without gradient.</param>
internal sealed record SingularVectors(Tensor Right, Tensor Values)
{
    // Squared singular values below this part of the largest are 0, and gaps below it none.
    private const double Resolution = 1e-12;

    /// <summary>
    /// Decomposes by the eigenvectors of the smaller Gram matrix, in float64, where squaring costs no digits that are needed. The gradient
    /// is that of the asked vectors alone, <c>dv_i = Σ over j ≠ i of v_j v_jᵀ d(MᵀM) v_i / (λ_i − λ_j)</c>: the derivative of a
    /// whole decomposition would be infinite where two of the other singular values agree.
    /// </summary>
    /// <param name="maps">[N, C, H, W].</param>
    /// <param name="k">At least 1; fewer come where there are not as many.</param>
    public static SingularVectors Of(Tensor maps, long k)
    {
        Tensor m = maps.Flatten(2).To(DType.Float64); // [N, C, D], the transpose of M
        Tensor all, squares;
        using (GradMode.Disable())
            (all, squares) = Decompose(m.Detach());
        k = Math.Min(k, squares.Size(1));
        Tensor right = all.Narrow(2, 0, k), values = squares.Narrow(1, 0, k);
        return new SingularVectors(m.RequiresGrad ? WithGradient(m, right, values, all, squares) : right, values.Sqrt());
    }

    // All right vectors [N, C, r] and squared singular values [N, r], descending, r = min(C, D).
    private static (Tensor Right, Tensor Squares) Decompose(Tensor m)
    {
        Tensor mt = m.Transpose(1, 2);
        bool byChannels = m.Size(1) <= m.Size(2);
        (Tensor values, Tensor vectors) = (byChannels ? m.Bmm(mt) : mt.Bmm(m)).LinalgEigh();
        Tensor squares = values.Flip([1]).ClampMin(0);
        vectors = vectors.Flip([2]);
        if (byChannels)
            return (vectors, squares);
        // Where there is no singular value, the product is rounding and no direction.
        Tensor alive = squares.Gt(squares.Narrow(1, 0, 1) * Resolution).To(DType.Float64).Unsqueeze(1);
        return (FeatureNorms.Unit(m.Bmm(vectors), dim: 1) * alive, squares);
    }

    // Adds nothing to the vectors' values: the change of the Gram matrix is 0 but to the gradient.
    private static Tensor WithGradient(Tensor m, Tensor right, Tensor values, Tensor all, Tensor squares)
    {
        Tensor product = m.Bmm(m.Transpose(1, 2).Bmm(right)); // MᵀM v
        Tensor change = product - product.Detach();
        Tensor within = all.Transpose(1, 2).Bmm(change); // [N, r, k]
        Tensor largest = squares.Narrow(1, 0, 1).Unsqueeze(2);
        Tensor gaps = values.Unsqueeze(1) - squares.Unsqueeze(2);
        Tensor distinct = gaps.Abs().Gt(largest * Resolution);
        Tensor moved = all.Bmm(within * distinct.To(DType.Float64) / gaps.MaskedFill(distinct.LogicalNot(), 1));
        // Outside of the span of all right vectors MᵀM is 0.
        Tensor own = values.Unsqueeze(1);
        Tensor alive = own.Gt(largest * Resolution);
        Tensor outside = (change - all.Bmm(within)) * alive.To(DType.Float64) / own.MaskedFill(alive.LogicalNot(), 1);
        return right + moved + outside;
    }
}
