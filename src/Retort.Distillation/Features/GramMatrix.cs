using Retort.Torch;

namespace Retort.Distillation.Features;

/// <summary>
/// All products of a matrix's rows with each other. As the result is symmetric, one product with the matrix gives the gradient, where the two
/// factors apart would take two. There is no second derivative.
/// </summary>
public sealed class GramMatrix : AutogradFunction
{
    private GramMatrix()
    {
    }

    /// <summary><c>X Xᵀ</c>.</summary>
    /// <param name="rows">[C, D], or [N, C, D] of N matrices.</param>
    /// <returns>[C, C] or [N, C, C].</returns>
    public static Tensor Of(Tensor rows) => new GramMatrix().Apply(rows);

    /// <inheritdoc/>
    protected override Tensor Forward(IReadOnlyList<Tensor> inputs)
    {
        Save(inputs[0]);
        return inputs[0].Matmul(inputs[0].Transpose(-2, -1));
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> saved, Tensor outputGradient) =>
        [(outputGradient + outputGradient.Transpose(-2, -1)).Matmul(saved[0])];
}
