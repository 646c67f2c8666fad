namespace Retort.Torch.Modules;

/// <summary>Initial values of parameters, drawn from the default generator (<see cref="TorchRuntime.Seed"/>) as PyTorch draws them.</summary>
public static class Init
{
    /// <summary>Uniform in ±<paramref name="bound"/>.</summary>
    public static Tensor Uniform(ReadOnlySpan<long> shape, double bound) => Aten.Empty(shape).Uniform_(-bound, bound);

    /// <summary>PyTorch's default for convolutions and linear layers: Kaiming uniform with a = √5, that is within ±1/√fan-in.</summary>
    public static Tensor KaimingUniform(ReadOnlySpan<long> shape, long fanIn) => Uniform(shape, 1 / Math.Sqrt(fanIn));

    /// <summary>Normal with mean 0.</summary>
    public static Tensor Normal(ReadOnlySpan<long> shape, double standardDeviation) =>
        Aten.Empty(shape).Normal_(0, standardDeviation);
}
