using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public sealed class RelationalDistillationTests
{
    [Fact]
    public void Angles_equal_the_explicit_ones()
    {
        using var scope = new TensorScope();
        Tensor x = MethodBench.Random(1, 5, 8);
        Tensor differences = x.Unsqueeze(0) - x.Unsqueeze(1); // [vertex, other, D]
        Tensor unit = differences / differences.LinalgVectorNorm(2, [2], keepdim: true).ClampMin(1e-12);
        TensorAssert.Close(unit.Bmm(unit.Transpose(1, 2)), RelationalDistillation.Angles(x, RelationalDistillation.Distances(x)), 1e-12);
    }

    [Fact]
    public void Angles_of_samples_in_tight_clusters_keep_their_digits()
    {
        using var scope = new TensorScope();
        Tensor centres = Tensor.From<double>([0, 3, 0, 3, 0, 3, 0, 3], 8, 1);
        Tensor student = centres + (MethodBench.Random(1, 8, 6) * 0.002), teacher = centres + (MethodBench.Random(2, 8, 9) * 0.002);
        var method = new RelationalDistillation(new() { DistanceWeight = 0 });
        double Of(DType type) => method.Value(MethodBench.Step(new FeaturePair(student.To(DType.Float32).To(type), teacher.To(DType.Float32).To(type))));
        Assert.Equal(Of(DType.Float64), Of(DType.Float32), 1e-5 * Of(DType.Float64));
    }

    [Fact]
    public void Features_may_be_scaled_and_moved()
    {
        using var scope = new TensorScope();
        var method = new RelationalDistillation(new());
        Tensor student = MethodBench.RandomSingle(1, 6, 8), teacher = MethodBench.RandomSingle(2, 6, 12);
        double Of(Tensor s) => method.Value(MethodBench.Step(new FeaturePair(s, teacher)));
        Assert.Equal(Of(student), Of((student * 2) + 3), 1e-4);
        Assert.Equal(0, method.Value(MethodBench.Step(new FeaturePair(student, (student * 2) + 3))), 1e-6);
    }

    [Fact]
    public void Equal_samples_and_a_single_one_stay_finite()
    {
        using var scope = new TensorScope();
        var method = new RelationalDistillation(new());
        Tensor teacher = MethodBench.RandomSingle(2, 4, 12), student = MethodBench.RandomSingle(1, 4, 8);
        student[2].Copy_(student[0]);
        Func<Tensor, Tensor> loss = x => method.Loss(MethodBench.Step(new FeaturePair(x, teacher[..(int)x.Size(0)]))).Value;
        Assert.True(loss.GradientAt(student).Isfinite().All().Item<bool>());
        Assert.Equal(0, loss(student[..1]).ToDouble());
        TensorAssert.Same(Aten.Zeros([1, 8]), loss.GradientAt(student[..1]));
    }

    [Fact]
    public void Gradient_is_that_of_finite_differences()
    {
        using var scope = new TensorScope();
        Tensor teacher = MethodBench.Random(2, 5, 9);
        var method = new RelationalDistillation(new());
        MethodBench.CheckGradient(x => method.Loss(MethodBench.Step(new FeaturePair(x, teacher))).Value, MethodBench.Random(1, 5, 6), tolerance: 1e-6);
    }
}
