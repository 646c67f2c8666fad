using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Optimizers;
using Retort.Torch.Serialization;

namespace Retort.Tests.Torch.Optimizers;

public class OptimizerTests
{
    [Fact]
    public void A_step_changes_neither_gradients_nor_parameters_without_one()
    {
        using var scope = new TensorScope();
        Tensor used = Parameter(1, 2), unused = Parameter(3, 4);
        using var optimizer = new Sgd([used, unused], 0.5, momentum: 0.9, weightDecay: 0.1, nesterov: true);
        (used * used).Sum().Backward();
        optimizer.Step();
        Assert.Equal([2f, 4f], used.Grad!.ToArray<float>());
        Assert.Equal([3f, 4f], unused.ToArray<float>());
        Assert.NotEqual([1f, 2f], used.ToArray<float>());
        Assert.DoesNotContain(optimizer.State().Keys, k => k.StartsWith("state.1", StringComparison.Ordinal));
    }

    [Fact]
    public void ZeroGrad_takes_the_gradients_away()
    {
        using var scope = new TensorScope();
        Tensor parameter = Parameter(1, 2);
        using var optimizer = new Sgd([parameter], 0.5);
        parameter.Sum().Backward();
        optimizer.ZeroGrad();
        Assert.Null(parameter.Grad);
        optimizer.Step();
        Assert.Equal([1f, 2f], parameter.ToArray<float>());
    }

    [Fact]
    public void Learning_rates_are_scaled_from_each_groups_own()
    {
        using var scope = new TensorScope();
        using var optimizer = new Sgd([new ParameterGroup([Parameter(1)]), new ParameterGroup([Parameter(1)], learningRate: 0.02)], 0.1);
        optimizer.ScaleLearningRate(0.5);
        optimizer.ScaleLearningRate(0.1);
        Assert.Equal(0.1 * 0.1, optimizer.Groups[0].LearningRate);
        Assert.Equal(0.02 * 0.1, optimizer.Groups[1].LearningRate);
        Assert.Equal(0.02, optimizer.Groups[1].InitialLearningRate);
    }

    [Fact]
    public void Vectors_can_be_spared_from_weight_decay()
    {
        using var network = new Sequential(new Conv2d(1, 2, 3), new BatchNorm2d(2), new Linear(2, 2));
        using var optimizer = new Sgd(ParameterGroup.WithoutDecayOfVectors(network.Parameters()), 0.1, weightDecay: 1e-4);
        Assert.Equal([1e-4, 0], optimizer.Groups.Select(g => g.WeightDecay));
        Assert.Equal([2, 4], optimizer.Groups.Select(g => g.Parameters.Count));
    }

    [Fact]
    public void The_state_is_named_as_in_PyTorch()
    {
        using var scope = new TensorScope();
        Tensor parameter = Parameter(1, 2);
        parameter.Sum().Backward();
        using var sgd = new Sgd([parameter], 0.1, momentum: 0.9);
        using var adam = new AdamW([parameter], amsgrad: true);
        using var rms = new RmsPropTf([parameter]);
        foreach (Optimizer optimizer in (Optimizer[])[sgd, adam, rms])
            optimizer.Step();
        Assert.Equal(["state.0.step", "state.0.momentum_buffer", "groups.0.lr"], sgd.State().Keys);
        Assert.Equal(
            ["state.0.step", "state.0.exp_avg", "state.0.exp_avg_sq", "state.0.max_exp_avg_sq", "groups.0.lr"], adam.State().Keys);
        Assert.Equal(["state.0.step", "state.0.square_avg", "state.0.momentum_buffer", "groups.0.lr"], rms.State().Keys);
        Assert.Equal(0.1, sgd.State()["groups.0.lr"].Item<double>());
    }

    [Fact]
    public void A_state_of_another_optimiser_is_refused_whole()
    {
        using var scope = new TensorScope();
        Tensor parameter = Parameter(1, 2);
        parameter.Sum().Backward();
        using var adam = new Adam([parameter]);
        adam.Step();
        using var sgd = new Sgd([parameter], 0.1, momentum: 0.9);
        sgd.Step();
        var error = Assert.Throws<StateDictException>(() => sgd.LoadState(adam.State()));
        Assert.Equal(["state.0.exp_avg", "state.0.exp_avg_sq"], error.Unexpected);
        Assert.Contains("not one of Sgd with 1 parameters in 1 groups", error.Message);
        Assert.Contains("state.0.momentum_buffer", sgd.State().Keys);
    }

    [Fact]
    public void A_state_of_other_shapes_is_refused()
    {
        using var scope = new TensorScope();
        Tensor one = Parameter(1, 2), other = Parameter(1, 2, 3);
        one.Sum().Backward();
        using var saved = new Sgd([one], 0.1, momentum: 0.9);
        saved.Step();
        using var optimizer = new Sgd([other], 0.1, momentum: 0.9);
        var error = Assert.Throws<StateDictException>(() => optimizer.LoadState(saved.State()));
        Assert.Equal("state.0.momentum_buffer is [2], must be [3]", Assert.Single(error.Misshapen));
    }

    [Fact]
    public void A_restored_state_takes_the_memory_order_of_its_parameter()
    {
        using var scope = new TensorScope();
        Tensor parameter = Aten.Ones([2, 3, 2, 2]).To(MemoryFormat.ChannelsLast);
        parameter.RequiresGrad = true;
        (parameter * parameter).Sum().Backward();
        using var optimizer = new Sgd([parameter], 0.1, momentum: 0.9);
        optimizer.Step();
        optimizer.LoadState(optimizer.State().ToDictionary(p => p.Key, p => p.Value.Contiguous()));
        Assert.True(optimizer.State()["state.0.momentum_buffer"].IsChannelsLast);
    }

    [Theory]
    [InlineData(-0.1, 0)]
    [InlineData(double.NaN, 0)]
    [InlineData(0.1, -1)]
    public void Rates_and_decays_must_be_numbers_of_at_least_zero(double rate, double decay)
    {
        using Tensor parameter = Parameter(1);
        Assert.Throws<ArgumentException>(() => new Sgd([parameter], rate, weightDecay: decay));
    }

    [Fact]
    public void Nesterov_needs_momentum_and_no_dampening()
    {
        using Tensor parameter = Parameter(1);
        Assert.Throws<ArgumentException>(() => new Sgd([parameter], 0.1, nesterov: true));
        Assert.Throws<ArgumentException>(() => new Sgd([parameter], 0.1, momentum: 0.9, dampening: 0.1, nesterov: true));
    }

    [Fact]
    public void There_must_be_something_to_train() => Assert.Throws<ArgumentException>(() => new Sgd((Tensor[])[], 0.1));

    private static Tensor Parameter(params float[] values)
    {
        Tensor tensor = Tensor.From(values);
        tensor.RequiresGrad = true;
        return tensor;
    }
}
