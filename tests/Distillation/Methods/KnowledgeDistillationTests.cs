using Retort.Distillation.Features;
using Retort.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public sealed class KnowledgeDistillationTests
{
    [Fact]
    public void Gradient_is_the_difference_of_the_probabilities_times_T_over_the_batch()
    {
        using var scope = new TensorScope();
        Tensor student = MethodBench.Random(1, 5, 7), teacher = MethodBench.Random(2, 5, 7);
        Func<Tensor, Tensor> loss = x => KnowledgeDistillation.Divergence(x, teacher, 4);
        TensorAssert.Close(((student / 4).Softmax(1) - (teacher / 4).Softmax(1)) * (4.0 / 5), loss.GradientAt(student), 1e-12);
    }

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
