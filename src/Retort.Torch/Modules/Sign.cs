namespace Retort.Torch.Modules;

/// <summary>
/// sign(x), whose gradient is taken to be 1 where |x| ≤ 1 and 0 elsewhere, as that of a step is 0: the straight-through estimator of binary
/// networks (Hubara et al., arXiv:1602.02830, equation 4). As in PyTorch the sign of 0 is 0.
/// </summary>
public sealed class Sign : Layer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => Of(input);

    /// <summary>The signs of a tensor, with that gradient.</summary>
    internal static Tensor Of(Tensor input)
    {
        if (!GradMode.IsEnabled || !input.RequiresGrad)
            return input.Sign();
        using var scope = new TensorScope();
        return scope.Keep(new StraightThrough().Apply(input));
    }

    private sealed class StraightThrough : AutogradFunction
    {
        protected override Tensor Forward(IReadOnlyList<Tensor> inputs)
        {
            using Tensor size = inputs[0].Abs();
            Save(size.Le(1)); // a byte for each element, and the input may change before the backward pass
            return inputs[0].Sign();
        }

        protected override IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> saved, Tensor outputGradient) => [outputGradient * saved[0]];
    }
}
