using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Tests.Distillation.Methods;

public class FeatureOverhaulTests
{
    [Theory]
    [InlineData(1.0, 0.3)]
    [InlineData(-0.5, -0.2)] // the scale's sign does not matter
    [InlineData(2.0, -3.0)]
    public void The_margin_is_the_mean_of_the_negative_values_of_a_normal_variable(double scale, double shift)
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        Tensor samples = (Aten.Randn([400_000], DType.Float64) * scale) + shift;
        Tensor negative = samples.MaskedSelect(samples.Lt(0));
        Tensor margin = FeatureOverhaul.Margin(Tensor.From([(float)scale]), Tensor.From([(float)shift]));
        Assert.Equal(negative.Mean().ToDouble(), margin.ToDouble(), 0.01 * Math.Abs(scale));
    }

    [Fact]
    public void A_channel_that_is_hardly_ever_negative_has_three_deviations_as_margin()
    {
        using var scope = new TensorScope();
        Tensor margin = FeatureOverhaul.Margin(Tensor.From([0.5f, 0f]), Tensor.From([4f, 1f]));
        Assert.Equal([-1.5, 0], margin.ToArray<double>());
    }

    [Fact]
    public void The_distance_is_that_of_the_authors_masks()
    {
        using var scope = new TensorScope();
        Tensor student = Aten.Randn([3, 4, 5, 5]), teacher = Aten.Randn([3, 4, 5, 5]), margin = -Aten.Rand([1, 4, 1, 1]);
        Tensor target = teacher.Maximum(margin);
        Tensor counts = student.Gt(target).LogicalOr(target.Gt(0)).To(DType.Float32);
        TensorAssert.Close(((student - target).Square() * counts).Sum(), FeatureOverhaul.PartialDistance(student, teacher, margin), 1e-5);
    }

    [Fact]
    public void A_student_below_a_negative_target_costs_nothing()
    {
        using var scope = new TensorScope();
        Tensor margin = Aten.Full([1, 1, 1, 1], -1.0);
        double Distance(double x, double t) =>
            FeatureOverhaul.PartialDistance(Aten.Full([1, 1, 1, 1], x), Aten.Full([1, 1, 1, 1], t), margin).ToDouble();
        Assert.Equal(0, Distance(-9, -0.5));
        Assert.Equal(0.25, Distance(0, -0.5), 1e-6);
        Assert.Equal(1, Distance(0, -5), 1e-6); // the margin stands for what is below it
        Assert.Equal(4, Distance(1, 3), 1e-6);
        Assert.Equal(4, Distance(5, 3), 1e-6);
    }

    [Fact]
    public void Margins_come_from_the_teachers_norms()
    {
        using var scope = new TensorScope();
        using var norm = new BatchNorm2d(6);
        using var method = new FeatureOverhaul(new FeatureOverhaulOptions());
        MethodBinding binding = SampleBinding.Of(([4, 8, 8], [6, 8, 8]));
        method.Bind(binding with { Teacher = binding.Teacher with { Norms = new Dictionary<string, BatchNorm> { ["0"] = norm } } });
        Tensor margin = Assert.Single(method.NamedBuffers(), buffer => buffer.Key == "margin1").Value;
        TensorAssert.Close(Aten.Full([1, 6, 1, 1], -Math.Sqrt(2 / Math.PI)), margin); // of the half-normal distribution
        StepInput step = SampleStep.For(binding);
        method.Loss(step).Value.Backward();
        Assert.NotEqual(0, SampleStep.Norm(step.Features[0].Student.Grad));
    }

    [Fact]
    public void A_teacher_without_a_norm_before_a_tap_is_refused()
    {
        NetworkShape network = new()
        {
            Name = "plain", Classes = 2, Taps = new Dictionary<string, long[]> { ["stage1"] = [4, 8, 8], ["stage1.preact"] = [4, 8, 8] },
        };
        using var method = new FeatureOverhaul(new FeatureOverhaulOptions());
        Assert.Contains("stage1.preact", Assert.Throws<MethodException>(() => method.ChooseTaps(network, network)).Message);
    }

    [Fact]
    public void Maps_of_different_size_are_refused_with_both_shapes()
    {
        using var method = new FeatureOverhaul(new FeatureOverhaulOptions());
        string message = Assert.Throws<MethodException>(() => method.Bind(SampleBinding.Of(([4, 8, 8], [6, 4, 4])))).Message;
        Assert.Contains("[4, 8, 8]", message);
        Assert.Contains("[6, 4, 4]", message);
    }
}
