using Retort.Tests.Torch;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Vision.Models;

namespace Retort.Tests.Vision.Models;

public sealed class ChainNetworkTests
{
    public static TheoryData<string> Models => [.. ModelRegistry.Default.Entries.Select(entry => entry.Name)];

    [Theory]
    [MemberData(nameof(Models))]
    public void A_network_run_from_any_of_its_taps_gives_the_logits_of_the_whole(string model)
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        using Network network = ModelRegistry.Default.Create(model, 5);
        network.Eval();
        using var noGrad = GradMode.Disable();
        int size = Math.Min(ModelRegistry.Default.Find(model).ImageSize, 64);
        Tensor images = Aten.Randn([1, 3, size, size]);
        if (network is not ChainNetwork)
        {
            Assert.Throws<NetworkCutException>(() => network.ForwardFrom(network.TapNames[0], images));
            return;
        }

        NetworkOutput output = network.Forward(images, network.TapNames.ToHashSet());
        Assert.True(output.Logits.Abs().Max().ToDouble() > 0);
        Assert.All(network.TapNames, tap => TensorAssert.Same(output.Logits, network.ForwardFrom(tap, output[tap]), $"{model} from {tap}"));
    }

    [Theory]
    [InlineData("resnet8", "stage1")]
    [InlineData("wrn_16_2", "stage2")]
    [InlineData("vgg8", "stage3")]
    [InlineData("MobileNetV2", "stage1")]
    [InlineData("ShuffleV2", "stage3")]
    [InlineData("mobilenet_v2", "pooled")]
    public void Modules_behind_a_tap_are_those_that_learn_from_there(string model, string tap)
    {
        using var scope = new TensorScope();
        using Network network = ModelRegistry.Default.Create(model, 5);
        NetworkOutput output = network.Forward(Aten.Randn([2, 3, 32, 32]), new HashSet<string> { tap });
        Tensor?[] gradients = Gradients.Of(
            [network.ForwardFrom(tap, output[tap].Detach()).Square().Sum()], network.Parameters(), allowUnused: true);

        IEnumerable<string> learning = network.NamedParameters().Where((_, i) => gradients[i] is not null).Select(entry => entry.Key);
        IEnumerable<string> behind = network.ModulesBehind(tap)
            .SelectMany(entry => entry.Value.NamedParameters().Select(parameter => $"{entry.Key}.{parameter.Key}"));
        Assert.Equal(learning.Order(), behind.Order());
    }

    [Theory]
    [InlineData("stage1.preact")]
    [InlineData("stage4")]
    public void A_tap_that_cannot_be_run_from_is_refused_with_those_that_can(string tap)
    {
        using Network network = ModelRegistry.Default.Create("resnet8", 5);
        string message = $"CifarResNet cannot be run from \"{tap}\", only from stem, stage1, stage2, stage3, pooled.";
        Assert.Equal(message, Assert.Throws<NetworkCutException>(() => network.ModulesBehind(tap)).Message);
        using Tensor features = Aten.Zeros([1, 16, 32, 32]);
        Assert.Equal(message, Assert.Throws<NetworkCutException>(() => network.ForwardFrom(tap, features)).Message);
    }

    [Fact]
    public void Maps_that_no_tap_keeps_are_freed_on_the_way()
    {
        using Network network = ModelRegistry.Default.Create("resnet14", 5);
        network.Eval();
        using var noGrad = GradMode.Disable();
        using Tensor images = Aten.Zeros([1, 3, 32, 32]);
        long before = Collector.LiveTensors();
        network.Forward(images).Dispose();
        long left = TorchRuntime.LiveTensors - before;
        Assert.True(left <= 1, $"{left} tensors are left."); // outside of a scope: the pooled vector
        Collector.Run();
    }
}
