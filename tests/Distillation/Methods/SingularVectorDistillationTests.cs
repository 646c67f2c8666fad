using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public sealed class SingularVectorDistillationTests
{
    private static FeaturePair Pair(int seed, long channels, long side) =>
        new(MethodBench.Random(seed, 2, channels, side, side), MethodBench.Random(seed + 1, 2, channels, side, side));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Gradient_is_that_of_finite_differences_with_more_channels_than_positions_and_less(int k)
    {
        using var scope = new TensorScope();
        using var method = new SingularVectorDistillation(new() { K = k });
        FeaturePair wide = Pair(1, 9, 2), high = Pair(3, 5, 3);
        // The term is float32, so the step is large.
        Tensor Term(FeaturePair first, FeaturePair second) => method.Loss(MethodBench.Step(first, second)).Value.To(DType.Float64);
        MethodBench.CheckGradient(x => Term(new FeaturePair(x, wide.Teacher), high), wide.Student, step: 1e-3, tolerance: 3e-5);
        MethodBench.CheckGradient(x => Term(wide, new FeaturePair(x, high.Teacher)), high.Student, step: 1e-3, tolerance: 3e-5);
    }

    [Fact]
    public void Equal_maps_of_any_scale_and_sign_give_0()
    {
        using var scope = new TensorScope();
        using var method = new SingularVectorDistillation(new());
        FeaturePair first = Pair(1, 9, 2), second = Pair(3, 5, 3);
        Assert.Equal(0, method.Value(MethodBench.Step(
            new FeaturePair(first.Student, first.Student * 2), new FeaturePair(second.Student * -3, second.Student))), 1e-12);
    }

    [Fact]
    public void Maps_that_are_all_zero_or_of_equal_channels_stay_finite()
    {
        using var scope = new TensorScope();
        using var method = new SingularVectorDistillation(new());
        FeaturePair first = Pair(1, 9, 2), second = Pair(3, 5, 3);
        foreach (Tensor degenerate in (Tensor[])[first.Student.ZerosLike(), first.Student.OnesLike()])
        {
            Func<Tensor, Tensor> loss = x => method.Loss(MethodBench.Step(new FeaturePair(x, first.Teacher), second)).Value;
            Assert.True(loss.GradientAt(degenerate).Isfinite().All().Item<bool>());
        }
    }

    [Fact]
    public void Unlike_channels_and_more_vectors_than_there_are_are_refused()
    {
        using var method = new SingularVectorDistillation(new() { K = 5 });
        Assert.Throws<MethodException>(() => method.Bind(MethodBench.Binding(([8, 4, 4], [9, 4, 4]), ([8, 4, 4], [8, 4, 4]))));
        Assert.Throws<MethodException>(() => method.Bind(MethodBench.Binding(([8, 2, 2], [8, 2, 2]), ([8, 4, 4], [8, 4, 4]))));
    }
}
