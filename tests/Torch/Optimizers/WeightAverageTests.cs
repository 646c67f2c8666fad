using System.Text.Json;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Optimizers;
using Retort.Torch.Serialization;

namespace Retort.Tests.Torch.Optimizers;

public class WeightAverageTests
{
    private static readonly JsonElement Cases = Golden.Read("optimizers");

    [Theory]
    [InlineData("average", false)]
    [InlineData("average with warm-up", true)]
    public void The_average_follows_the_formula(string name, bool warmUp)
    {
        using var scope = new TensorScope();
        JsonElement weights = Cases.GetProperty(name).GetProperty("weights"), averages = Cases.GetProperty(name).GetProperty("averages");
        using var module = new PReLU(3);
        Set(module, weights[0].Tensor());
        using var average = new WeightAverage(module, 0.9, warmUp);
        for (int i = 1; i < weights.GetArrayLength(); i++)
        {
            Set(module, weights[i].Tensor());
            average.Update();
            TensorAssert.Close(averages[i - 1].Tensor(), average.State()["weight"]);
        }
    }

    [Fact]
    public void Running_statistics_are_averaged_and_counts_are_copied()
    {
        using var scope = new TensorScope();
        using var module = new BatchNorm1d(2);
        using var average = new WeightAverage(module, 0.75);
        module.Forward(Tensor.From<float>([1, 2, 3, 4], 2, 2)); // from a mean of 0
        average.Update();
        Assert.Equal(1, average.State()["num_batches_tracked"].Item<long>());
        TensorAssert.Close(module.RunningMean! * 0.25, average.State()["running_mean"]);
    }

    [Fact]
    public void Swapping_twice_changes_nothing()
    {
        using var scope = new TensorScope();
        using var module = new PReLU(2);
        using var average = new WeightAverage(module, 0.5);
        Set(module, Tensor.From([1f, 2f]));
        average.Update();
        average.Swap();
        Assert.Equal([0.625f, 1.125f], module.Weight.ToArray<float>());
        Assert.True(module.Weight.RequiresGrad);
        average.Swap();
        Assert.Equal([1f, 2f], module.Weight.ToArray<float>());
    }

    [Fact]
    public void The_average_can_be_given_to_another_module_and_saved()
    {
        using var scope = new TensorScope();
        using var module = new PReLU(2);
        using var other = new PReLU(2);
        using var average = new WeightAverage(module, 0.5);
        using var restored = new WeightAverage(other, 0.5);
        Set(module, Tensor.From([1f, 2f]));
        average.Update();
        restored.LoadState(average.State());
        Assert.Equal(1, restored.Updates);
        restored.ApplyTo(other);
        Assert.Equal([0.625f, 1.125f], other.Weight.ToArray<float>());
        var error = Assert.Throws<StateDictException>(() => restored.LoadState(new Dictionary<string, Tensor>()));
        Assert.Equal(["weight", "updates"], error.Missing);
    }

    [Fact]
    public void Nothing_is_left_behind() => TensorAssert.LeavesNothing(() =>
    {
        using var module = new Sequential(new Linear(2, 2), new BatchNorm1d(2));
        using var average = new WeightAverage(module);
        average.Update();
        average.Swap();
    });

    private static void Set(PReLU module, Tensor weight)
    {
        using var noGrad = GradMode.Disable();
        module.Weight.Copy_(weight);
    }
}
