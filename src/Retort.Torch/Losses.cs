namespace Retort.Torch;

/// <summary>
/// Losses. Each gives a scalar, owned by the current scope or the caller, and computes in float32 at least: shorter inputs, as autocast
/// makes them, are widened first.
/// </summary>
public static class Losses
{
    /// <summary>Mean over the batch of −log softmax(logits) at the label.</summary>
    /// <param name="logits">[N, C], or [N, C, H, W] for dense labels.</param>
    /// <param name="labels">
    /// Class numbers, int64 [N] (or [N, H, W]); or probabilities of the classes, of a floating-point type and of the shape of the logits.
    /// Class −100 is left out of the mean.
    /// </param>
    /// <param name="labelSmoothing">Part of each label that is spread evenly over all classes, in [0, 1].</param>
    /// <param name="weight">Weights of the classes, [C]; the mean is then weighted.</param>
    /// <exception cref="TorchException">A label is out of range, or shapes do not fit.</exception>
    public static Tensor CrossEntropy(Tensor logits, Tensor labels, double labelSmoothing = 0, Tensor? weight = null)
    {
        using Tensor wide = Widen(logits);
        using Tensor target = Widen(labels);
        return wide.CrossEntropyLoss(target, weight, Reduction.Mean, labelSmoothing: labelSmoothing);
    }

    /// <summary>Mean over all elements of the squared difference.</summary>
    /// <param name="input">Any shape.</param>
    /// <param name="target">The same shape.</param>
    public static Tensor Mse(Tensor input, Tensor target)
    {
        using Tensor a = Widen(input);
        using Tensor b = Widen(target);
        return a.MseLoss(b, Reduction.Mean);
    }

    /// <summary>Mean over all elements of the absolute difference.</summary>
    /// <param name="input">Any shape.</param>
    /// <param name="target">The same shape.</param>
    public static Tensor L1(Tensor input, Tensor target)
    {
        using Tensor a = Widen(input);
        using Tensor b = Widen(target);
        return a.L1Loss(b, Reduction.Mean);
    }

    private static Tensor Widen(Tensor tensor) =>
        tensor.DType is DType.BFloat16 or DType.Float16 ? tensor.To(DType.Float32) : tensor.Share();
}
