using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public sealed class ProbabilisticTransferTests
{
    [Fact]
    public void Each_sample_has_probabilities()
    {
        using var scope = new TensorScope();
        TensorAssert.Close(Aten.Ones([5], DType.Float64), ProbabilisticTransfer.Probabilities(MethodBench.Random(1, 5, 8)).Sum([1]), 1e-12);
    }

    [Fact]
    public void Equal_features_of_any_scale_give_0_and_others_more()
    {
        using var scope = new TensorScope();
        var method = new ProbabilisticTransfer(new());
        Tensor x = MethodBench.RandomSingle(1, 5, 8), y = MethodBench.RandomSingle(2, 5, 12);
        Assert.Equal(0, method.Value(MethodBench.Step(new FeaturePair(x, x * 4))), 1e-9);
        Assert.True(method.Value(MethodBench.Step(new FeaturePair(x, y))) > 1e-5);
    }

    [Fact]
    public void A_sample_without_features_gets_no_gradient_that_is_not_finite()
    {
        using var scope = new TensorScope();
        Tensor y = MethodBench.RandomSingle(2, 5, 12), x = MethodBench.RandomSingle(1, 5, 8);
        x[3].Fill_(0);
        Func<Tensor, Tensor> loss = s => new ProbabilisticTransfer(new()).Loss(MethodBench.Step(new FeaturePair(s, y))).Value;
        Assert.True(loss.GradientAt(x).Isfinite().All().Item<bool>());
    }

    [Fact]
    public void Gradient_is_that_of_finite_differences()
    {
        using var scope = new TensorScope();
        Tensor teacher = ProbabilisticTransfer.Probabilities(MethodBench.Random(2, 5, 9));
        MethodBench.CheckGradient(x => ProbabilisticTransfer.Divergence(ProbabilisticTransfer.Probabilities(x), teacher), MethodBench.Random(1, 5, 6));
    }
}
