using Retort.Distillation.Features;
using Retort.Tests.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Features;

public sealed class GramMatrixTests
{
    [Theory]
    [InlineData(4, 6)]
    [InlineData(2, 3, 5)]
    public void Products_and_gradient_are_those_of_the_two_factors(params int[] shape)
    {
        using var scope = new TensorScope();
        Tensor rows = MethodBench.Random(1, [.. shape.Select(size => (long)size)]);
        Tensor sent = MethodBench.Random(2, [.. shape[..^1].Select(size => (long)size), shape[^2]]); // not symmetric
        Func<Tensor, Tensor> own = x => (GramMatrix.Of(x) * sent).Sum(), factors = x => (x.Matmul(x.Transpose(-2, -1)) * sent).Sum();
        TensorAssert.Close(factors(rows), own(rows), 1e-12);
        TensorAssert.Close(factors.GradientAt(rows), own.GradientAt(rows), 1e-12);
        MethodBench.CheckGradient(own, rows);
    }
}
