using Retort.Distillation.Features;
using Retort.Distillation.Methods;
using Retort.Tests.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Features;

public sealed class LogitScaleTests
{
    [Fact]
    public void Standardised_logits_may_be_scaled_and_shifted()
    {
        using var scope = new TensorScope();
        var method = new KnowledgeDistillation(new() { Standardize = true });
        Tensor student = MethodBench.RandomSingle(1, 5, 7), teacher = MethodBench.RandomSingle(2, 5, 7);
        double one = method.Value(MethodBench.Step(student, teacher)), other = method.Value(MethodBench.Step((student * 3) + 2, (teacher * 0.5) - 1));
        Assert.Equal(one, other, 1e-5);
        Assert.NotEqual(new KnowledgeDistillation(new()).Value(MethodBench.Step(student, teacher)), one, 1e-3);
    }

    [Fact]
    public void Standardised_logits_have_mean_0_and_deviation_1()
    {
        using var scope = new TensorScope();
        Tensor z = LogitScale.Standardize(MethodBench.Random(3, 4, 9));
        TensorAssert.Close(Aten.Zeros([4], DType.Float64), z.Mean([1]), 1e-12);
        TensorAssert.Close(Aten.Ones([4], DType.Float64), z.Std([1]), 1e-6);
    }

    [Fact]
    public void Logits_that_are_all_equal_stay_finite_when_standardised()
    {
        using var scope = new TensorScope();
        var method = new KnowledgeDistillation(new() { Standardize = true });
        Tensor teacher = MethodBench.RandomSingle(2, 3, 7);
        Func<Tensor, Tensor> loss = x => method.Loss(MethodBench.Step(x, teacher)).Value;
        Assert.True(loss.GradientAt(Aten.Ones([3, 7])).Isfinite().All().Item<bool>());
    }
}
