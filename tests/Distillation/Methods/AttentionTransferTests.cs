using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Tests.Torch;
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
    [InlineData(2.0, AttentionTransferVariant.Official)]
    [InlineData(2.5, AttentionTransferVariant.Official)]
    [InlineData(4.0, AttentionTransferVariant.Official)]
    [InlineData(1.0, AttentionTransferVariant.Paper)]
    [InlineData(3.0, AttentionTransferVariant.Paper)]
    public void Signs_and_the_maps_scale_do_not_matter(double p, AttentionTransferVariant variant)
    {
        using var scope = new TensorScope();
        var method = new AttentionTransfer(new() { P = p, Variant = variant });
        Tensor student = MethodBench.RandomSingle(1, 3, 6, 4, 4);
        Assert.Equal(0, method.Value(MethodBench.Step(new FeaturePair(student, student * -3))), 1e-6);
    }

    [Fact]
    public void An_odd_power_keeps_signs_as_RepDistillers_does()
    {
        using var scope = new TensorScope();
        Tensor maps = MethodBench.Random(1, 3, 6, 4, 4);
        foreach (double p in (double[])[1, 3])
        {
            Tensor mean = maps.Pow(p).Mean([1]).Flatten(1);
            TensorAssert.Close(mean / mean.LinalgVectorNorm(2, [1], keepdim: true), AttentionTransfer.Attention(maps, p), 1e-12);
        }

        // Where a ReLU has made zeros, the first power still has a derivative.
        Tensor teacher = MethodBench.RandomSingle(2, 3, 8, 4, 4).Relu(), student = MethodBench.RandomSingle(3, 3, 6, 4, 4).Relu();
        Func<Tensor, Tensor> loss = x => new AttentionTransfer(new() { P = 1 }).Loss(MethodBench.Step(new FeaturePair(x, teacher))).Value;
        Assert.True(loss.GradientAt(student).Ne(0).All().Item<bool>());
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
