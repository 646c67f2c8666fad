using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public sealed class DecoupledDistillationTests
{
    private static readonly long[] Classes = [3, 0, 6, 2, 2];

    private static Tensor Labels => Tensor.From<long>(Classes, 5);

    [Fact]
    public void Both_parts_add_up_to_the_divergence_of_each_sample()
    {
        using var scope = new TensorScope();
        Tensor student = MethodBench.Random(1, 5, 7), teacher = MethodBench.Random(2, 5, 7);
        (Tensor target, Tensor others) = DecoupledDistillation.Divergences(student, teacher, Labels, 4);
        Tensor t = (teacher / 4).Softmax(1), whole = (t * (t.Log() - (student / 4).LogSoftmax(1))).Sum([1]);
        Tensor rest = 1 - t.Gather(1, Labels.Unsqueeze(1)).Squeeze(1);
        TensorAssert.Close(whole, target + (rest * others), 1e-12);
    }

    [Fact]
    public void Equal_logits_give_0_and_both_sides_may_be_shifted()
    {
        using var scope = new TensorScope();
        var method = new DecoupledDistillation(new());
        Tensor student = MethodBench.RandomSingle(1, 5, 7), teacher = MethodBench.RandomSingle(2, 5, 7), shift = MethodBench.RandomSingle(3, 5, 1);
        Assert.Equal(0, method.Value(MethodBench.Step(student, student + shift, Labels)), 1e-5);
        double one = method.Value(MethodBench.Step(student, teacher, Labels));
        Assert.Equal(one, method.Value(MethodBench.Step(student + shift, teacher - (shift * 2), Labels)), 1e-5 * one);
    }

    [Fact]
    public void Standardised_logits_may_be_scaled_and_shifted()
    {
        using var scope = new TensorScope();
        var method = new DecoupledDistillation(new() { Standardize = true });
        Tensor student = MethodBench.RandomSingle(1, 5, 7), teacher = MethodBench.RandomSingle(2, 5, 7);
        double one = method.Value(MethodBench.Step(student, teacher, Labels));
        Assert.Equal(one, method.Value(MethodBench.Step((student * 3) + 2, (teacher * 0.5) - 1, Labels)), 1e-5 * one);
    }

    [Fact]
    public void A_label_that_is_all_but_certain_stays_finite()
    {
        using var scope = new TensorScope();
        var method = new DecoupledDistillation(new() { Temperature = 1 });
        Tensor teacher = MethodBench.RandomSingle(2, 5, 7), student = MethodBench.RandomSingle(1, 5, 7);
        student.Scatter_(1, Labels.Unsqueeze(1), 200.0);
        teacher.Scatter_(1, Labels.Unsqueeze(1), 150.0);
        Func<Tensor, Tensor> loss = x => method.Loss(MethodBench.Step(x, teacher, Labels)).Value;
        Assert.True(double.IsFinite(loss(student).ToDouble()));
        Assert.True(loss.GradientAt(student).Isfinite().All().Item<bool>());
    }

    [Fact]
    public void Gradient_is_that_of_finite_differences()
    {
        using var scope = new TensorScope();
        Tensor teacher = MethodBench.Random(2, 5, 7), labels = Labels;
        MethodBench.CheckGradient(
            x => DecoupledDistillation.Divergences(x, teacher, labels, 2) is var (target, others) ? target.Mean() + (others.Mean() * 8) : x,
            MethodBench.Random(1, 5, 7));
    }

    [Fact]
    public void In_dense_prediction_every_pixel_is_a_prediction_with_a_label_of_its_own()
    {
        using var scope = new TensorScope();
        var method = new DecoupledDistillation(new());
        Tensor student = MethodBench.Random(1, 2, 5, 3, 4), teacher = MethodBench.Random(2, 2, 5, 3, 4);
        Tensor labels = teacher.Argmax(1);
        static Tensor Rows(Tensor logits) => logits.Permute([0, 2, 3, 1]).Reshape([-1, logits.Size(1)]);
        Assert.Equal(
            method.Value(MethodBench.Step(Rows(student), Rows(teacher), labels.Flatten())), method.Value(MethodBench.Step(student, teacher, labels)), 1e-12);
        Assert.StartsWith(
            "dkd needs a label for each prediction, but was given labels [2] for logits [2, 5, 3, 4]: ",
            Assert.Throws<MethodException>(() => method.Loss(MethodBench.Step(student, teacher))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Networks_of_a_single_class_are_refused()
    {
        using var method = new DecoupledDistillation(new());
        MethodBinding binding = MethodBench.Binding();
        Assert.Throws<MethodException>(() => method.Bind(binding with { Student = binding.Student with { Classes = 1 } }));
    }

    [Fact]
    public void Weights_that_are_all_0_are_a_problem()
    {
        Assert.Equal("Beta", Assert.Single(new DecoupledDistillationOptions { Alpha = 0, Beta = 0 }.Validate()).Property);
        Assert.Empty(new DecoupledDistillationOptions { Alpha = 0 }.Validate());
    }
}
