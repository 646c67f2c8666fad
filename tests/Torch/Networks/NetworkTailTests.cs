using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Vision.Models;

namespace Retort.Tests.Torch.Networks;

public sealed class NetworkTailTests
{
    [Fact]
    public void A_tail_holds_what_lies_behind_the_tap_under_its_names_and_nothing_else()
    {
        using var scope = new TensorScope();
        Network network = ModelRegistry.Default.Create("resnet8", 10);
        NetworkOutput output = network.Forward(Aten.Randn([2, 3, 32, 32]), new HashSet<string> { "stage2" });
        string[] expected = [.. network.State().Select(e => e.Key).Where(name => name.StartsWith("layer3", StringComparison.Ordinal) || name.StartsWith("fc", StringComparison.Ordinal))];
        Tensor first = network.Parameters()[0];
        using var tail = new NetworkTail(network, "stage2");

        Assert.Equal(expected, tail.State().Select(entry => entry.Key));
        Assert.True(first.IsDisposed);
        TensorAssert.Same(output.Logits, tail.Forward(output["stage2"]));
    }

    [Fact]
    public void Its_mode_is_that_of_its_layers()
    {
        using var scope = new TensorScope();
        using var tail = new NetworkTail(ModelRegistry.Default.Create("mobilenet_v2", 10), "pooled");
        Tensor features = Aten.Ones([4, 1280]);
        tail.Train();
        Assert.False(tail.Forward(features).Equal(tail.Forward(features))); // dropout
        tail.Eval();
        Assert.True(tail.Forward(features).Equal(tail.Forward(features)));
    }

    [Fact]
    public void A_cut_network_leaves_nothing_behind() =>
        TensorAssert.LeavesNothing(() => new NetworkTail(ModelRegistry.Default.Create("wrn_16_1", 10), "stage1").Dispose());

    [Fact]
    public void A_network_that_is_no_chain_says_so_and_stays_whole()
    {
        using var network = new Whole();
        Assert.Equal(
            "Whole cannot be run from a tap, as it is no chain of blocks.",
            Assert.Throws<NetworkCutException>(() => new NetworkTail(network, "stage1")).Message);
        Assert.False(network.Parameters()[0].IsDisposed);
    }

    private sealed class Whole : Network
    {
        private readonly Linear _fc;

        public Whole() => _fc = Add("fc", new Linear(3, 10));

        public override int Classes => 10;

        public override IReadOnlyList<string> TapNames => ["stage1"];

        public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps) =>
            new(_fc.Forward(images.Mean([2, 3])), new Dictionary<string, Tensor>());
    }
}
