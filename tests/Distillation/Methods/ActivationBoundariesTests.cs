using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public class ActivationBoundariesTests
{
    [Fact]
    public void The_distance_is_that_of_the_authors_masks()
    {
        using var scope = new TensorScope();
        Tensor x = Aten.Randn([3, 4, 5, 5]) * 2, t = Aten.Randn([3, 4, 5, 5]);
        Tensor above = x.Gt(-1).LogicalAnd(t.Le(0)).To(DType.Float32), below = x.Le(1).LogicalAnd(t.Gt(0)).To(DType.Float32);
        Tensor expected = (((x + 1).Square() * above) + ((x - 1).Square() * below)).Sum();
        TensorAssert.Close(expected, ActivationBoundaries.BoundaryDistance(x, t, 1), 1e-5);
    }

    [Fact]
    public void A_student_on_the_teachers_side_by_the_margin_costs_nothing_however_far()
    {
        using var scope = new TensorScope();
        Tensor teacher = Tensor.From([0.1f, 8f, -0.1f, 0f]), student = Tensor.From([1f, 50f, -1f, -70f]);
        Assert.Equal(0, ActivationBoundaries.BoundaryDistance(student, teacher, 1).ToDouble());
        Assert.NotEqual(0, ActivationBoundaries.BoundaryDistance(student, teacher, 1.5).ToDouble());
    }

    [Fact]
    public void Connectors_are_there_only_where_shapes_differ()
    {
        using var method = new ActivationBoundaries(new ActivationBoundariesOptions());
        method.Bind(SampleBinding.Of(([4, 8, 8], [4, 8, 8]), ([6, 4, 4], [8, 4, 4])));
        Assert.NotEmpty(method.NamedParameters());
        Assert.All(method.NamedParameters(), parameter => Assert.StartsWith("connectors.1.", parameter.Key));
    }

    [Fact]
    public void A_stage_initialises_the_student_together_with_the_connectors()
    {
        using var scope = new TensorScope();
        using var method = new ActivationBoundaries(new ActivationBoundariesOptions());
        MethodBinding binding = SampleBinding.Of(([4, 8, 8], [6, 4, 4]));
        method.Bind(binding);
        MethodStage stage = Assert.Single(method.Stages);
        Assert.True(stage.TrainsStudent);
        Assert.Equal(method.Parameters().Count, stage.Learner.Parameters().Count);
        StepInput step = SampleStep.For(binding);
        stage.Loss(step).Value.Backward();
        Assert.NotEqual(0, SampleStep.Norm(step.Features[0].Student.Grad));
    }

    [Fact]
    public void The_last_pair_weighs_twice_as_much_as_the_one_before()
    {
        using var scope = new TensorScope();
        Tensor wrong = Aten.Zeros([1, 1, 1, 1]), right = Aten.Full([1, 1, 1, 1], 9.0), teacher = Aten.Ones([1, 1, 1, 1]);
        using var method = new ActivationBoundaries(new ActivationBoundariesOptions());
        MethodBinding binding = SampleBinding.Of(([1, 1, 1], [1, 1, 1]), ([1, 1, 1], [1, 1, 1]));
        method.Bind(binding);
        double Loss(Tensor first, Tensor second) =>
            method.Loss(SampleStep.For(binding) with { Features = [new(first, teacher), new(second, teacher)] }).Value.ToDouble();
        Assert.Equal(3e-3, Loss(right, wrong), 8);
        Assert.Equal(1.5e-3, Loss(wrong, right), 8);
    }

    [Fact]
    public void A_teacher_that_no_connector_reaches_is_refused_with_both_shapes()
    {
        using var method = new ActivationBoundaries(new ActivationBoundariesOptions());
        string message = Assert.Throws<MethodException>(() => method.Bind(SampleBinding.Of(([4, 4, 4], [6, 16, 16])))).Message;
        Assert.Contains("[4, 4, 4]", message);
        Assert.Contains("[6, 16, 16]", message);
    }
}
