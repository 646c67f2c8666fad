using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public class FitNetTests
{
    [Theory]
    [InlineData(8, 8)] // 1×1
    [InlineData(8, 4)] // stride 2
    [InlineData(7, 4)] // a larger kernel
    [InlineData(4, 8)] // transposed
    public void The_regressor_brings_the_student_to_the_teachers_size(long student, long teacher)
    {
        using var scope = new TensorScope();
        using var method = new FitNet(new FitNetOptions());
        MethodBinding binding = SampleBinding.Of(([4, student, student], [6, teacher, teacher]));
        method.Bind(binding);
        StepInput step = SampleStep.For(binding);
        method.Loss(step).Value.Backward();
        Assert.NotEqual(0, SampleStep.Norm(step.Features[0].Student.Grad));
        Assert.All(method.Parameters(), parameter => Assert.NotNull(parameter.Grad));
    }

    [Fact]
    public void The_hint_is_a_mean_over_all_elements_and_the_teachers_own_map_gives_0()
    {
        using var scope = new TensorScope();
        Tensor map = Aten.Randn([2, 3, 4, 4]);
        Assert.Equal(0, FitNet.HintLoss(map, map).ToDouble());
        Assert.Equal(9, FitNet.HintLoss(map + 3.0, map).ToDouble(), 1e-5);
    }

    [Fact]
    public void A_teacher_that_the_regressor_cannot_reach_is_refused_with_both_shapes()
    {
        using var method = new FitNet(new FitNetOptions());
        string message = Assert.Throws<MethodException>(() => method.Bind(SampleBinding.Of(([4, 4, 4], [6, 16, 16])))).Message;
        Assert.Contains("[4, 4, 4]", message);
        Assert.Contains("[6, 16, 16]", message);
    }

    [Fact]
    public void The_hint_may_have_a_stage_of_its_own_before_all_else_as_in_the_paper()
    {
        using var scope = new TensorScope();
        MethodBinding binding = SampleBinding.Of(([4, 8, 8], [6, 8, 8]));
        using var joint = new FitNet(new FitNetOptions());
        joint.Bind(binding);
        Assert.Empty(joint.Stages);

        using var method = new FitNet(new FitNetOptions { InitEpochs = 5, InitLr = 0.1 });
        method.Bind(binding);
        MethodStage stage = Assert.Single(method.Stages);
        Assert.Equal(("init", 5, 0.1, true), (stage.Name, stage.Epochs, stage.LearningRate, stage.TrainsStudent));
        Assert.Equal(method.State().Select(entry => entry.Key), stage.Learner.State().Select(entry => entry.Key));
        StepInput step = SampleStep.For(binding);
        stage.Loss(step).Value.Backward();
        Assert.NotEqual(0, SampleStep.Norm(step.Features[0].Student.Grad));
        Assert.All(stage.Learner.Parameters(), parameter => Assert.NotNull(parameter.Grad));
    }

    [Fact]
    public void The_hint_is_counted_from_the_stem_and_must_exist()
    {
        MethodBinding binding = SampleBinding.Of(([4, 4, 4], [4, 4, 4]), ([5, 2, 2], [5, 2, 2]));
        using var second = new FitNet(new FitNetOptions { HintLayer = 1 });
        Assert.Equal([new TapPair("1", "1")], second.ChooseTaps(binding.Student, binding.Teacher));
        using var third = new FitNet(new FitNetOptions { HintLayer = 2 });
        Assert.Contains("hint_layer", Assert.Throws<MethodException>(() => third.ChooseTaps(binding.Student, binding.Teacher)).Message);
    }
}
