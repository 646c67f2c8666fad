using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public sealed class FlowOfSolutionTests
{
    [Fact]
    public void Flow_is_the_mean_over_positions_of_the_channels_products()
    {
        using var scope = new TensorScope();
        Tensor lower = MethodBench.Random(1, 2, 3, 4, 4), upper = MethodBench.Random(2, 2, 5, 4, 4);
        TensorAssert.Close((upper.Unsqueeze(2) * lower.Unsqueeze(1)).Mean([3, 4]), FlowOfSolution.Flow(lower, upper), 1e-12);
    }

    [Fact]
    public void The_higher_map_is_averaged_down()
    {
        using var scope = new TensorScope();
        Tensor lower = MethodBench.Random(1, 2, 3, 8, 8), upper = MethodBench.Random(2, 2, 5, 4, 4);
        TensorAssert.Close(FlowOfSolution.Flow(lower.AvgPool2d([2, 2]), upper), FlowOfSolution.Flow(lower, upper), 1e-12);
    }

    [Fact]
    public void Equal_maps_give_0()
    {
        using var scope = new TensorScope();
        using var method = new FlowOfSolution(new());
        Tensor lower = MethodBench.RandomSingle(1, 2, 3, 8, 8), upper = MethodBench.RandomSingle(2, 2, 3, 4, 4);
        Assert.Equal(0, method.Value(MethodBench.Step(new FeaturePair(lower, lower), new FeaturePair(upper, upper))));
        Assert.NotEqual(0, method.Value(MethodBench.Step(new FeaturePair(lower, lower), new FeaturePair(upper, upper * 2))));
    }

    [Fact]
    public void A_stage_initialises_the_student_unless_it_has_no_epochs()
    {
        using var method = new FlowOfSolution(new());
        MethodStage stage = Assert.Single(method.Stages);
        Assert.Equal(("init", 30, true), (stage.Name, stage.Epochs, stage.TrainsStudent));
        using var without = new FlowOfSolution(new() { InitEpochs = 0 });
        Assert.Empty(without.Stages);
    }

    [Fact]
    public void Unlike_channels_and_a_single_map_are_refused()
    {
        using var method = new FlowOfSolution(new());
        string message = Assert.Throws<MethodException>(() => method.Bind(MethodBench.Binding(([8, 4, 4], [8, 4, 4]), ([16, 4, 4], [32, 4, 4])))).Message;
        Assert.Contains("of small is [16, 4, 4] and \"1\" of large is [32, 4, 4]", message);
        Assert.Throws<MethodException>(() => method.Bind(MethodBench.Binding(([8, 4, 4], [8, 4, 4]))));
        Assert.Throws<MethodException>(() => method.Bind(MethodBench.Binding(([8], [8]), ([8], [8]))));
    }
}
