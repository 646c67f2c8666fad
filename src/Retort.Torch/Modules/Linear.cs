namespace Retort.Torch.Modules;

/// <summary>Affine map <c>y = x Wᵀ + b</c> of the last dimension.</summary>
public sealed class Linear : Layer
{
    /// <summary>Makes the layer with PyTorch's initialisation: weight and bias uniform within ±1/√inputs.</summary>
    public Linear(int inputs, int outputs, bool bias = true)
    {
        Weight = AddParameter("weight", Init.KaimingUniform([outputs, inputs], fanIn: inputs));
        Bias = bias ? AddParameter("bias", Init.Uniform([outputs], 1 / Math.Sqrt(inputs))) : null;
    }

    /// <summary>Makes the layer of tensors that there are.</summary>
    internal Linear(Tensor weight, Tensor? bias)
    {
        Weight = AddParameter("weight", weight);
        Bias = bias is null ? null : AddParameter("bias", bias);
    }

    /// <summary>[outputs, inputs].</summary>
    public Tensor Weight { get; }

    /// <summary>[outputs], or null.</summary>
    public Tensor? Bias { get; }

    /// <inheritdoc/>
    /// <remarks>Input [..., inputs], output [..., outputs].</remarks>
    public override Tensor Forward(Tensor input) => Aten.Linear(input, Weight, Bias);
}
