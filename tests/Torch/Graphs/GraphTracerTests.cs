using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Graphs;
using Retort.Torch.Networks;
using Retort.Vision.Models;

namespace Retort.Tests.Torch.Graphs;

public sealed class GraphTracerTests
{
    public static TheoryData<string> Models => [.. ModelRegistry.Default.Entries.Select(entry => entry.Name).Where(name => name is not ("resnet101" or "resnet152"))];

    [Theory]
    [MemberData(nameof(Models))]
    public void A_graph_runs_as_its_network_for_any_number_of_images_also_when_simplified(string model)
    {
        ModelEntry entry = ModelRegistry.Default.Find(model);
        int size = entry.ImageSize > 64 && !model.StartsWith("deit", StringComparison.Ordinal) ? 64 : entry.ImageSize;
        using Network network = Retort.Tests.Support.Networks.Trained(model);
        HashSet<string> taps = [.. network.TapNames];
        using var runner = new GraphRunner(ConstantFolding.Fold(BatchNormFolding.Fold(GraphTracer.Trace(network, taps, size, size, Device.Cpu))));
        foreach (int batch in (int[])[1, 5])
            Compare(network, runner, taps, Aten.Randn([batch, 3, size, size]), tolerance: 2e-4);
    }

    [Fact]
    public void Taps_before_an_activation_are_those_of_the_network_to_the_bit()
    {
        using Network network = Retort.Tests.Support.Networks.Trained("resnet8");
        HashSet<string> taps = ["stage1.preact", "stage2", "stage2.preact", "pooled"];
        using var runner = new GraphRunner(GraphTracer.Trace(network, taps, 32, 32, Device.Cpu));
        Compare(network, runner, taps, Aten.Randn([3, 3, 32, 32]).To(MemoryFormat.ChannelsLast), tolerance: 0);
    }

    [Fact]
    public void Batch_norms_behind_convolutions_are_gone_and_others_stay()
    {
        using Network plain = Retort.Tests.Support.Networks.Trained("resnet8"), before = Retort.Tests.Support.Networks.Trained("wrn_16_1");
        int Norms(Network network)
        {
            using Graph graph = BatchNormFolding.Fold(GraphTracer.Trace(network, new HashSet<string>(), 32, 32, Device.Cpu));
            return graph.Nodes.Count(node => node.Operator.Name == "aten::batch_norm");
        }

        Assert.Equal(0, Norms(plain));
        Assert.Equal(7, Norms(before)); // the first of each of six blocks, and the last of all: no convolution is theirs alone
    }

    [Fact]
    public void It_leaves_no_tensor_behind_also_when_it_fails() => TensorAssert.LeavesNothing(() =>
    {
        using Network network = Retort.Tests.Support.Networks.Trained("resnet8");
        using var runner = new GraphRunner(BatchNormFolding.Fold(GraphTracer.Trace(network, new HashSet<string> { "stage1" }, 32, 32, Device.Cpu)));
        using var scope = new TensorScope();
        runner.Run(Aten.Randn([2, 3, 32, 32]));
        Assert.Throws<TorchException>(() => runner.Run(Aten.Zeros([2, 3, 32, 32], DType.Int64)));
    });

    [Fact]
    public void A_run_within_a_run_is_refused_and_harms_neither()
    {
        using Network network = Retort.Tests.Support.Networks.Trained("resnet8");
        using var runner = new GraphRunner(GraphTracer.Trace(network, new HashSet<string>(), 32, 32, Device.Cpu));
        using var scope = new TensorScope();
        Tensor images = Aten.Randn([2, 3, 32, 32]), expected = runner.Run(images)[0];
        int refused = 0;
        Tensor actual = runner.Run(images, (_, _) =>
        {
            Assert.Throws<InvalidOperationException>(() => runner.Run(images));
            refused++;
        })[0];
        Assert.True(refused > 0);
        TensorAssert.Same(expected, actual);
    }

    [Fact]
    public void A_network_whose_operators_depend_on_the_batch_is_refused()
    {
        using var network = new Whimsical();
        GraphException refused = Assert.Throws<GraphException>(() => GraphTracer.Trace(network, new HashSet<string>(), 8, 8, Device.Cpu));
        Assert.Contains("how many images", refused.Message);
        Assert.True(network.IsTraining);
    }

    [Fact]
    public void A_network_whose_outputs_depend_on_the_batch_is_refused()
    {
        using var network = new FunctionNetwork(images =>
        {
            Tensor mean = images.Mean([2, 3]), positive = mean.Relu();
            return images.Size(0) == 3 ? mean : positive;
        });
        Assert.Throws<GraphException>(() => GraphTracer.Trace(network, new HashSet<string>(), 8, 8, Device.Cpu));
    }

    private static void Compare(Network network, GraphRunner runner, HashSet<string> taps, Tensor images, double tolerance)
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        NetworkOutput expected = network.Forward(images, taps);
        foreach ((string name, Tensor actual) in runner.Graph.Outputs.Select(output => output.Key).Zip(runner.Run(images)))
        {
            Tensor tensor = name == GraphTracer.Logits ? expected.Logits : expected[name];
            Assert.Equal(tensor.Shape, actual.Shape);
            double scale = tensor.Abs().Max().ToDouble(), apart = (actual - tensor).Abs().Max().ToDouble();
            Assert.True(apart <= tolerance * scale, $"{name}: {apart} of {scale}");
        }

        images.Dispose();
    }

    /// <summary>Computes another function of three images than of two.</summary>
    private sealed class Whimsical : Network
    {
        public override int Classes => 3;

        public override IReadOnlyList<string> TapNames => [];

        public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps)
        {
            Tensor mean = images.Mean([2, 3]);
            return new NetworkOutput(images.Size(0) == 3 ? mean.Relu() : mean.Neg(), new Dictionary<string, Tensor>());
        }
    }
}
