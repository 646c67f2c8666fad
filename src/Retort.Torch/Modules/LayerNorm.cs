namespace Retort.Torch.Modules;

/// <summary>Normalises each sample over its last dimensions.</summary>
public sealed class LayerNorm : Layer
{
    private readonly long[] _shape;

    /// <summary>Makes the layer, scale 1 and shift 0.</summary>
    /// <param name="shape">Lengths of the last dimensions, over which mean and variance are taken.</param>
    /// <param name="epsilon">Added to the variance before its root.</param>
    /// <param name="affine">Whether scale and shift are learnt.</param>
    public LayerNorm(ReadOnlySpan<long> shape, double epsilon = 1e-5, bool affine = true)
    {
        _shape = shape.ToArray();
        Epsilon = epsilon;
        if (affine)
        {
            Weight = AddParameter("weight", Aten.Ones(shape));
            Bias = AddParameter("bias", Aten.Zeros(shape));
        }
    }

    /// <summary>Makes the layer for the last dimension.</summary>
    /// <param name="features">Length of the last dimension.</param>
    /// <param name="epsilon">Added to the variance before its root.</param>
    /// <param name="affine">Whether scale and shift are learnt.</param>
    public LayerNorm(int features, double epsilon = 1e-5, bool affine = true)
        : this([features], epsilon, affine)
    {
    }

    /// <summary>Scale, of the normalised shape, or null.</summary>
    public Tensor? Weight { get; }

    /// <summary>Shift, of the normalised shape, or null.</summary>
    public Tensor? Bias { get; }

    /// <summary>Added to the variance before its root.</summary>
    public double Epsilon { get; }

    /// <inheritdoc/>
    /// <remarks>Input and output [..., shape].</remarks>
    public override Tensor Forward(Tensor input) => Aten.LayerNorm(input, _shape, Weight, Bias, Epsilon);
}
