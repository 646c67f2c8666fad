using Retort.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public sealed class StrongerTeacherTests
{
    private static Tensor Student => MethodBench.Random(1, 6, 9).Softmax(1);

    private static Tensor Teacher => MethodBench.Random(2, 6, 9).Softmax(1);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Predictions_may_be_scaled_and_shifted(long dim)
    {
        using var scope = new TensorScope();
        TensorAssert.Close(StrongerTeacher.Distance(Student, Teacher, dim), StrongerTeacher.Distance((Student * 3) + 1, Teacher * 0.5, dim), 1e-6);
    }

    [Fact]
    public void Logits_may_be_shifted_for_each_sample()
    {
        using var scope = new TensorScope();
        var method = new StrongerTeacher(new() { Tau = 4 });
        Tensor student = MethodBench.RandomSingle(1, 6, 9), teacher = MethodBench.RandomSingle(2, 6, 9), shift = MethodBench.RandomSingle(3, 6, 1);
        double one = method.Value(MethodBench.Step(student, teacher));
        Assert.Equal(one, method.Value(MethodBench.Step(student + shift, teacher - (shift * 2))), 1e-5 * one);
        Assert.NotEqual(one, method.Value(MethodBench.Step(student * 3, teacher)), 1e-3); // their scale is the softmax's temperature
    }

    [Fact]
    public void Standardised_logits_may_be_scaled_and_shifted()
    {
        using var scope = new TensorScope();
        var method = new StrongerTeacher(new() { Tau = 4, Standardize = true });
        Tensor student = MethodBench.RandomSingle(1, 6, 9), teacher = MethodBench.RandomSingle(2, 6, 9);
        double one = method.Value(MethodBench.Step(student, teacher));
        Assert.Equal(one, method.Value(MethodBench.Step((student * 3) + 2, (teacher * 0.5) - 1)), 1e-5 * one);
    }

    [Fact]
    public void Equal_predictions_have_no_distance()
    {
        using var scope = new TensorScope();
        Assert.Equal(0, StrongerTeacher.Distance(Student, Student, 1).ToDouble(), 1e-6);
        Assert.Equal(0, StrongerTeacher.Distance(Student, Student, 0).ToDouble(), 1e-6);
    }

    [Fact]
    public void Transposing_swaps_the_relations()
    {
        using var scope = new TensorScope();
        TensorAssert.Close(StrongerTeacher.Distance(Student, Teacher, 1), StrongerTeacher.Distance(Student.T(), Teacher.T(), 0), 1e-12);
    }

    [Fact]
    public void A_single_sample_learns_between_its_classes_alone()
    {
        using var scope = new TensorScope();
        Tensor teacher = MethodBench.RandomSingle(1, 1, 10), student = MethodBench.RandomSingle(2, 1, 10);
        Func<double, Func<Tensor, Tensor>> with = beta =>
            x => new StrongerTeacher(new() { Beta = beta, Gamma = 2, Tau = 3 }).Loss(MethodBench.Step(x, teacher)).Value;
        Assert.Equal(2 * 9.0, with(0)(student).ToDouble(), 1e-5);
        TensorAssert.Same(student.ZerosLike(), with(0).GradientAt(student));
        Assert.NotEqual(0, with(1).GradientAt(student).Abs().Sum().ToDouble());
    }

    [Fact]
    public void Samples_whose_logits_are_all_equal_get_no_gradient_and_add_1()
    {
        using var scope = new TensorScope();
        Tensor teacher = MethodBench.RandomSingle(1, 4, 10), student = MethodBench.RandomSingle(2, 4, 10);
        student[1].Fill_(0.3);
        Tensor rows = StrongerTeacher.Predictions(student, 1), others = StrongerTeacher.Predictions(teacher, 1);
        Assert.Equal(1, StrongerTeacher.Distance(rows[1..2], others[1..2], 1).ToDouble(), 1e-7);
        Func<Tensor, Tensor> inter = x => StrongerTeacher.Distance(StrongerTeacher.Predictions(x, 1), others, 1);
        Tensor gradient = inter.GradientAt(student);
        Assert.Equal(0, gradient[1].Abs().Sum().ToDouble());
        Assert.InRange(gradient.Abs().Max().ToDouble(), 1e-6, 1);
    }

    [Fact]
    public void Each_pixel_of_dense_logits_is_a_row()
    {
        using var scope = new TensorScope();
        var method = new StrongerTeacher(new());
        Tensor student = MethodBench.RandomSingle(1, 2, 5, 3, 4), teacher = MethodBench.RandomSingle(2, 2, 5, 3, 4);
        Tensor Rows(Tensor x) => x.Permute([0, 2, 3, 1]).Reshape([-1, 5]);
        Assert.Equal(method.Value(MethodBench.Step(Rows(student), Rows(teacher))), method.Value(MethodBench.Step(student, teacher)), 1e-6);
    }

    [Fact]
    public void Pixels_that_are_not_kept_are_as_if_they_were_not_there()
    {
        using var scope = new TensorScope();
        Tensor student = MethodBench.Random(1, 2, 5, 3, 4), teacher = MethodBench.Random(2, 2, 5, 3, 4), keep = MethodBench.Random(3, 2, 3, 4).Gt(0);
        long[] kept = [.. Enumerable.Range(0, 24).Where(pixel => keep.Flatten()[pixel].Item<bool>()).Select(pixel => (long)pixel)];
        Assert.InRange(kept.Length, 2, 22);
        Tensor Rows(Tensor x) => x.Permute([0, 2, 3, 1]).Reshape([-1, 5]).IndexSelect(0, Tensor.From<long>(kept));
        Tensor without = StrongerTeacher.Predictions(Rows(teacher), 2), masked = StrongerTeacher.Predictions(teacher, 2, keep);
        TensorAssert.Close(without, masked, 1e-12);
        foreach (long dim in (long[])[0, 1])
        {
            Func<Tensor, Tensor> ofKept = x => StrongerTeacher.Distance(StrongerTeacher.Predictions(Rows(x), 2), without, dim);
            Func<Tensor, Tensor> ofMasked = x => StrongerTeacher.Distance(StrongerTeacher.Predictions(x, 2, keep), masked, dim);
            TensorAssert.Close(ofKept(student), ofMasked(student), 1e-12);
            TensorAssert.Close(ofKept.GradientAt(student), ofMasked.GradientAt(student), 1e-12);
        }
    }

    [Fact]
    public void Gradient_is_that_of_finite_differences()
    {
        using var scope = new TensorScope();
        Tensor teacher = Teacher;
        MethodBench.CheckGradient(
            z => StrongerTeacher.Distance(StrongerTeacher.Predictions(z, 2), teacher, 1) + StrongerTeacher.Distance(StrongerTeacher.Predictions(z, 2), teacher, 0),
            MethodBench.Random(5, 6, 9));
    }

    [Fact]
    public void Weights_that_are_all_0_are_a_problem()
    {
        Assert.Equal("Gamma", Assert.Single(new StrongerTeacherOptions { Beta = 0, Gamma = 0 }.Validate()).Property);
        Assert.Empty(new StrongerTeacherOptions { Beta = 0 }.Validate());
    }
}
