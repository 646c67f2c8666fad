using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public sealed class CorrelationCongruenceTests
{
    [Fact]
    public void A_long_series_is_the_gaussian_kernel()
    {
        using var scope = new TensorScope();
        Tensor x = MethodBench.Random(1, 5, 8), unit = x / x.LinalgVectorNorm(2, [1], keepdim: true);
        Tensor distances = Aten.Cdist(unit, unit, 2).Square();
        TensorAssert.Close((distances * -0.4).Exp(), CorrelationCongruence.Kernel(x, 0.4, 10), 1e-7);
    }

    [Fact]
    public void Neighbours_differences_are_multiplied()
    {
        using var scope = new TensorScope();
        Tensor student = Tensor.From<double>([1, 2, 0, 4, 5, 6], 3, 2), teacher = Aten.Zeros([3, 2], DType.Float64);
        Assert.Equal(((1 * 0) + (2 * 4) + (0 * 5) + (4 * 6)) / 2.0, CorrelationCongruence.Congruence(student, teacher).ToDouble(), 1e-12);
    }

    [Fact]
    public void A_single_sample_has_no_neighbour_and_gives_0()
    {
        using var scope = new TensorScope();
        Assert.Equal(0, CorrelationCongruence.Congruence(MethodBench.Random(1, 1, 4), MethodBench.Random(2, 1, 4)).ToDouble());
    }

    [Fact]
    public void Equal_features_give_0_in_the_papers_variant_whatever_their_scale()
    {
        using var scope = new TensorScope();
        Tensor x = MethodBench.Random(1, 5, 8);
        Assert.Equal(0, CorrelationCongruence.KernelDistance(x, x * 3, 0.4, 2).ToDouble(), 1e-15);
        Assert.NotEqual(0, CorrelationCongruence.KernelDistance(x, MethodBench.Random(2, 5, 8), 0.4, 2).ToDouble(), 1e-3);
    }

    [Fact]
    public void Both_embeddings_learn()
    {
        using var scope = new TensorScope();
        using var method = new CorrelationCongruence(new() { FeatDim = 4 });
        method.Bind(MethodBench.Binding(([8], [6, 2, 2])));
        method.Loss(MethodBench.Step(new FeaturePair(MethodBench.RandomSingle(1, 5, 8), MethodBench.RandomSingle(2, 5, 6, 2, 2)))).Value.Backward();
        Assert.Equal(4, method.Parameters().Count);
        Assert.All(method.Parameters(), parameter => Assert.NotEqual(0, parameter.Grad!.Abs().Sum().ToDouble()));
    }

    [Fact]
    public void An_option_of_the_other_variant_is_a_problem()
    {
        Assert.Equal("FeatDim", Assert.Single(new CorrelationCongruenceOptions { Variant = CorrelationVariant.Paper, FeatDim = 8 }.Validate()).Property);
        Assert.Equal(["Gamma", "POrder"], new CorrelationCongruenceOptions { Gamma = 0.4, POrder = 2 }.Validate().Select(problem => problem.Property));
        Assert.Empty(new CorrelationCongruenceOptions { Variant = CorrelationVariant.Paper, Gamma = 0.4, POrder = 2 }.Validate());
        Assert.Empty(new CorrelationCongruenceOptions { FeatDim = 8 }.Validate());
    }

    [Fact]
    public void The_papers_variant_has_nothing_that_learns()
    {
        using var method = new CorrelationCongruence(new() { Variant = CorrelationVariant.Paper });
        method.Bind(MethodBench.Binding(([8], [6])));
        Assert.Empty(method.Parameters());
    }
}
