namespace Retort.Torch.Modules;

/// <summary>
/// Initial values of parameters, drawn from the default generator (<see cref="TorchRuntime.Seed"/>) as PyTorch draws them: the same seed
/// gives the same numbers. Methods whose name ends in an underscore overwrite a tensor and return it, unrecorded.
/// </summary>
public static class Init
{
    /// <summary>Uniform in ±<paramref name="bound"/>.</summary>
    public static Tensor Uniform(ReadOnlySpan<long> shape, double bound) => Aten.Empty(shape).Uniform_(-bound, bound);

    /// <summary>PyTorch's default for convolutions and linear layers: Kaiming uniform with a = √5, that is within ±1/√fan-in.</summary>
    public static Tensor KaimingUniform(ReadOnlySpan<long> shape, long fanIn)
    {
        // In PyTorch's own steps, not simplified: the bound has the same last bit, and so have the weights.
        double slope = Math.Sqrt(5), gain = Math.Sqrt(2 / (1 + (slope * slope)));
        return Uniform(shape, Math.Sqrt(3) * (gain / Math.Sqrt(fanIn)));
    }

    /// <summary>Normal with mean 0.</summary>
    public static Tensor Normal(ReadOnlySpan<long> shape, double standardDeviation) =>
        Aten.Empty(shape).Normal_(0, standardDeviation);

    /// <summary>Normal with the given mean and standard deviation.</summary>
    public static Tensor Normal_(Tensor tensor, double mean = 0, double standardDeviation = 1)
    {
        using var noGrad = GradMode.Disable();
        return tensor.Normal_(mean, standardDeviation);
    }

    /// <summary>Normal with mean 0 and variance 2 / ((1 + slope²) · fan) (He et al., arXiv:1502.01852, eq. 10 and 15).</summary>
    /// <param name="tensor">A weight, [outputs, inputs, ...].</param>
    /// <param name="fanOut">Whether the fan is the number of outputs, which keeps the variance backward, instead of the inputs.</param>
    /// <param name="slope">Of the rectifier's negative side: 0 for ReLU.</param>
    public static Tensor KaimingNormal_(Tensor tensor, bool fanOut = false, double slope = 0)
    {
        (long inputs, long outputs) = Fan(tensor.Shape);
        double gain = Math.Sqrt(2 / (1 + (slope * slope)));
        return Normal_(tensor, 0, gain / Math.Sqrt(fanOut ? outputs : inputs));
    }

    /// <summary>One value everywhere.</summary>
    public static Tensor Constant_(Tensor tensor, double value)
    {
        using var noGrad = GradMode.Disable();
        return tensor.Fill_(value);
    }

    /// <summary>Normal, drawn again where it falls outside of [low, high]; by inversion, as PyTorch's <c>trunc_normal_</c>.</summary>
    /// <param name="tensor">What is overwritten.</param>
    /// <param name="mean">Of the untruncated distribution.</param>
    /// <param name="standardDeviation">Of the untruncated distribution.</param>
    /// <param name="low">Least value, not in standard deviations.</param>
    /// <param name="high">Greatest value.</param>
    public static Tensor TruncatedNormal_(
        Tensor tensor, double mean = 0, double standardDeviation = 1, double low = -2, double high = 2)
    {
        using var noGrad = GradMode.Disable();
        double from = Below((low - mean) / standardDeviation), to = Below((high - mean) / standardDeviation);
        return tensor.Uniform_((2 * from) - 1, (2 * to) - 1).Erfinv_()
            .Mul_(standardDeviation * Math.Sqrt(2)).Add_(mean).Clamp_(low, high);
    }

    /// <summary>Numbers of inputs and outputs that meet in one element: dimension 1 and 0, each times the kernel's size.</summary>
    internal static (long Inputs, long Outputs) Fan(ReadOnlySpan<long> shape)
    {
        if (shape.Length < 2)
            throw new ArgumentException($"A weight of shape [{string.Join(", ", shape.ToArray())}] has no fan: at least 2 dimensions are needed.", nameof(shape));
        long field = 1;
        foreach (long length in shape[2..])
            field *= length;
        return (shape[1] * field, shape[0] * field);
    }

    /// <summary>Probability that a standard normal number is below.</summary>
    private static double Below(double x)
    {
        using Tensor scaled = Tensor.FromValue(x / Math.Sqrt(2));
        using Tensor erf = scaled.Erf();
        return (1 + erf.Item<double>()) / 2;
    }
}
