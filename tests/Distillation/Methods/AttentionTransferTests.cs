using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public sealed class AttentionTransferTests
{
    [Fact]
    public void Term_is_2_minus_2_cosines_over_the_positions()
    {
        using var scope = new TensorScope();
        Tensor student = MethodBench.RandomSingle(1, 3, 6, 4, 4), teacher = MethodBench.RandomSingle(2, 3, 8, 4, 4);
        Tensor cosine = Aten.CosineSimilarity(student.Square().Sum([1]).Flatten(1), teacher.Square().Sum([1]).Flatten(1));
        Assert.Equal((2 - (2 * cosine.Mean().ToDouble())) / 16, new AttentionTransfer(new()).Value(MethodBench.Step(new FeaturePair(student, teacher))), 1e-6);
    }

    [Fact]
    public void The_papers_form_is_the_length_of_the_difference()
    {
        using var scope = new TensorScope();
        Tensor student = MethodBench.RandomSingle(1, 3, 6, 4, 4), teacher = MethodBench.RandomSingle(2, 3, 8, 4, 4);
        Tensor cosine = Aten.CosineSimilarity(student.Square().Sum([1]).Flatten(1), teacher.Square().Sum([1]).Flatten(1));
        var method = new AttentionTransfer(new() { Variant = AttentionTransferVariant.Paper });
        Assert.Equal((2 - (cosine * 2)).Sqrt().Mean().ToDouble(), method.Value(MethodBench.Step(new FeaturePair(student, teacher))), 1e-6);

        Tensor other = AttentionTransfer.Attention(MethodBench.Random(4, 3, 8, 4, 4), 2);
        MethodBench.CheckGradient(x => AttentionTransfer.Distance(AttentionTransfer.Attention(x, 2), other), MethodBench.Random(3, 3, 6, 4, 4));
        Func<Tensor, Tensor> loss = x => method.Loss(MethodBench.Step(new FeaturePair(x, student))).Value;
        Assert.Equal(0, loss.GradientAt(student).Abs().Sum().ToDouble());
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(2.0)]
    [InlineData(3.0)]
    public void Signs_and_the_maps_scale_do_not_matter(double p)
    {
        using var scope = new TensorScope();
        var method = new AttentionTransfer(new() { P = p });
        Tensor student = MethodBench.RandomSingle(1, 3, 6, 4, 4);
        Assert.Equal(0, method.Value(MethodBench.Step(new FeaturePair(student, student * -3))), 1e-7);
    }

    [Fact]
    public void Samples_without_activation_get_no_gradient()
    {
        using var scope = new TensorScope();
        Tensor teacher = MethodBench.RandomSingle(2, 3, 8, 4, 4), student = MethodBench.RandomSingle(1, 3, 6, 4, 4);
        student[1].Fill_(0);
        Func<Tensor, Tensor> loss = x => new AttentionTransfer(new()).Loss(MethodBench.Step(new FeaturePair(x, teacher))).Value;
        Tensor gradient = loss.GradientAt(student);
        Assert.Equal(0, gradient[1].Abs().Sum().ToDouble());
        Assert.True(gradient.Isfinite().All().Item<bool>());
    }
}
