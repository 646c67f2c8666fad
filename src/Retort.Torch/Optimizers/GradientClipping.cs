namespace Retort.Torch.Optimizers;

/// <summary>Limits gradients between the backward pass and the step.</summary>
public static class GradientClipping
{
    /// <summary>Scales all gradients together so that their common Euclidean norm is at most <paramref name="maxNorm"/>.</summary>
    /// <param name="parameters">Those without a gradient are skipped.</param>
    /// <param name="maxNorm">Greatest norm that is left alone.</param>
    /// <returns>The norm before; not finite when a gradient is not, and then the gradients are spoilt.</returns>
    public static double ByNorm(IEnumerable<Tensor> parameters, double maxNorm)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxNorm);
        using var noGrad = GradMode.Disable();
        using var scope = new TensorScope();
        List<Tensor> gradients = Of(parameters);
        if (gradients.Count == 0)
            return 0;
        double norm = Aten.Stack(Aten.ForeachNorm(gradients)).Norm().ToDouble();
        double factor = maxNorm / (norm + 1e-6);
        if (!(factor >= 1)) // also when it is no number
            Aten.ForeachMul_(gradients, factor);
        return norm;
    }

    private static List<Tensor> Of(IEnumerable<Tensor> parameters)
    {
        List<Tensor> gradients = [];
        foreach (Tensor parameter in parameters)
        {
            if (parameter.Grad is { } gradient)
                gradients.Add(gradient);
        }

        return gradients;
    }
}
