using Retort.Tests.Torch;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training;
using Retort.Training.Teachers;
using Retort.Vision.Models;

namespace Retort.Tests.Training.Teachers;

public sealed class FrozenTeacherTests
{
    private static readonly HashSet<string> Taps = ["stage2", "stage3.preact"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void By_batch_statistics_it_says_what_it_would_say_in_training_and_stays_as_it_was(bool compiled)
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        using Network network = ModelRegistry.Default.Create("resnet8", 5);
        Dictionary<string, Tensor> before = network.State().ToDictionary(entry => entry.Key, entry => entry.Value.Detach().Clone());
        Tensor images = Aten.Randn([4, 3, 32, 32]), indices = Aten.Arange(4, DType.Int64);
        using var teacher = new FrozenTeacher(network, compiled ? Compute.Plain : null, usesBatchStatistics: true);
        teacher.Eval();
        NetworkOutput said = teacher.Forward(images, Taps, indices, epoch: 1);
        foreach ((string name, Tensor saved) in before)
            Assert.True(saved.Equal(network.State().Single(entry => entry.Key == name).Value), name);
        Assert.False(said.Logits.RequiresGrad);

        NetworkOutput whole = teacher.Forward(images.Narrow(0, 0, 2), Taps, indices, epoch: 1);
        Assert.True((whole.Logits - said.Logits.Narrow(0, 0, 2)).Abs().Max().ToDouble() > 1e-3); // they hang on the batch
        using Network other = ModelRegistry.Default.Create("resnet8", 5);
        other.LoadState(before);
        other.Train();
        NetworkOutput trained = other.Forward(images, Taps);
        TensorAssert.Close(trained.Logits, said.Logits, 1e-5);
        foreach (string tap in Taps)
            TensorAssert.Close(trained[tap], said[tap], 1e-5);
    }

    [Fact]
    public void Where_its_logits_are_not_wanted_it_stops_before_them_and_gives_the_same_taps()
    {
        using var scope = new TensorScope();
        using Network network = ModelRegistry.Default.Create("resnet8", 5);
        Tensor images = Aten.Randn([4, 3, 32, 32]), indices = Aten.Arange(4, DType.Int64);
        using var teacher = new FrozenTeacher(network, Compute.Plain);
        teacher.Eval();
        NetworkOutput whole = teacher.Forward(images, Taps, indices, epoch: 1), part = teacher.Forward(images, Taps, indices, epoch: 1, logits: false);
        Assert.Equal((true, false), (whole.HasLogits, part.HasLogits));
        foreach (string tap in Taps)
            TensorAssert.Close(whole[tap], part[tap], 1e-5);
    }
}
