using Retort.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public sealed class SimilarityPreservingTests
{
    [Fact]
    public void Equal_features_of_any_scale_give_0()
    {
        using var scope = new TensorScope();
        Tensor x = MethodBench.Random(1, 5, 3, 2, 2);
        Assert.Equal(0, SimilarityPreserving.Distance(x, x * 4).ToDouble(), 1e-12);
    }

    [Fact]
    public void A_single_sample_gives_0()
    {
        using var scope = new TensorScope();
        Assert.Equal(0, SimilarityPreserving.Distance(MethodBench.Random(1, 1, 6), MethodBench.Random(2, 1, 9)).ToDouble(), 1e-12);
    }

    [Fact]
    public void Each_row_of_similarities_has_length_1()
    {
        using var scope = new TensorScope();
        Tensor rows = SimilarityPreserving.Similarities(MethodBench.Random(1, 5, 3, 2, 2));
        TensorAssert.Close(Aten.Ones([5], DType.Float64), rows.Square().Sum([1]), 1e-12);
    }

    [Fact]
    public void The_order_in_memory_does_not_matter()
    {
        using var scope = new TensorScope();
        Tensor features = MethodBench.Random(1, 5, 3, 4, 2), teacher = MethodBench.Random(2, 5, 9);
        Func<Tensor, Tensor> planar = x => SimilarityPreserving.Distance(x, teacher), last = x => planar(x.To(MemoryFormat.ChannelsLast));
        TensorAssert.Close(planar(features), last(features), 1e-12);
        TensorAssert.Close(planar.GradientAt(features), last.GradientAt(features), 1e-12);
    }

    [Fact]
    public void Gradient_is_that_of_finite_differences()
    {
        using var scope = new TensorScope();
        Tensor teacher = MethodBench.Random(2, 4, 9);
        MethodBench.CheckGradient(x => SimilarityPreserving.Distance(x, teacher), MethodBench.Random(1, 4, 6));
    }
}
