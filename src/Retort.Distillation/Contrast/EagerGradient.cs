using Retort.Torch;

namespace Retort.Distillation.Contrast;

/// <summary>
/// A scalar function of one tensor whose gradient is computed at once and only scaled in the backward pass: for a function of something
/// that changes before that pass, and to free what the gradient needs as early as possible. It has no second derivative.
/// </summary>
/// <param name="function">From the tensor to a scalar.</param>
internal sealed class EagerGradient(Func<Tensor, Tensor> function) : AutogradFunction
{
    /// <inheritdoc/>
    protected override Tensor Forward(IReadOnlyList<Tensor> inputs)
    {
        using var scope = new TensorScope();
        using var recording = GradMode.Enable();
        Tensor input = inputs[0].Detach();
        input.RequiresGrad = true;
        Tensor value = function(input);
        Save(scope.Keep(Gradients.Of([value], [input])[0]!));
        return scope.Keep(value.Detach());
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> saved, Tensor outputGradient) => [saved[0] * outputGradient];
}
