using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Graphs;
using Retort.Torch.Networks;
using Retort.Torch.Optimizers;
using Retort.Vision.Models;

namespace Retort.Tests.Vision.Models;

public sealed class BinaryResNetTests
{
    private static readonly string[] Steps = ["_tanh", "_act", ""];

    [Theory]
    [InlineData("binary_resnet20", 32, "16x32x32 16x32x32 32x16x16 64x8x8 64")]
    [InlineData("binary_resnet20", 30, "16x30x30 16x30x30 32x15x15 64x8x8 64")] // a half of 15 is 8
    [InlineData("binary_resnet18", 224, "64x112x112 64x56x56 128x28x28 256x14x14 512x7x7 512")]
    public void Taps_have_the_shapes_of_the_real_network_of_that_depth(string model, int size, string shapes)
    {
        using var scope = new TensorScope();
        using Network network = ModelRegistry.Default.Create(model, 10);
        NetworkShape shape = NetworkShape.Of(model, network, size, size, Device.Cpu);
        Assert.Equal(shapes, string.Join(' ', network.TapNames.Select(tap => string.Join('x', shape.Taps[tap]))));
        using Network real = ModelRegistry.Default.Create(model["binary_".Length..], 10);
        Assert.Equal(Weights(real), Weights(network)); // a convolution of each, and none more
    }

    [Fact]
    public void Its_vector_is_known_to_have_both_signs_before_it_is_trained()
    {
        foreach (string step in Steps)
        {
            using Network network = ModelRegistry.Default.Create($"binary_resnet20{step}", 10);
            Assert.True(NetworkShape.Of(step, network, 32, 32, Device.Cpu).HasSignedVector);
        }
    }

    [Fact]
    public void Each_step_takes_the_weights_of_the_one_before()
    {
        using var scope = new TensorScope();
        foreach (string family in (string[])["binary_resnet20", "binary_resnet18"])
        {
            Network[] networks = [.. Steps.Select(step => ModelRegistry.Default.Create(family + step, 10))];
            for (int step = 1; step < networks.Length; step++)
                networks[step].LoadState(networks[step - 1].State().ToDictionary());
            Array.ForEach(networks, network => network.Dispose());
        }
    }

    [Fact]
    public void Convolutions_see_and_are_what_the_step_says()
    {
        foreach ((string step, bool seesSigns, bool isSigns) in ((string, bool, bool)[])[("_tanh", false, false), ("_act", true, false), ("", true, true)])
        {
            using var scope = new TensorScope();
            using Network network = ModelRegistry.Default.Create($"binary_resnet20{step}", 10);
            network.Eval();
            using Graph graph = GraphTracer.Trace(network, new HashSet<string>(), 32, 32, Device.Cpu);
            Dictionary<int, GraphNode> makers = graph.Nodes.ToDictionary(node => node.Results[0]);
            bool Is(int value, string name) => makers.GetValueOrDefault(value)?.Operator.Name == $"aten::{name}";
            GraphNode[] convolutions =
            [
                .. graph.Nodes.Where(node => node.Operator.Name == "aten::conv2d" && graph.Values[node.Read(1)].Shape[^1].Base == 3).Skip(1), // the stem
            ];
            Assert.Equal(18, convolutions.Length);
            Assert.All(convolutions, node => Assert.Equal((seesSigns, isSigns), (Is(node.Read(0), "sign"), Is(node.Read(1), "sign"))));
            Assert.All(convolutions, node => Assert.Equal(!seesSigns, Is(node.Read(0), "tanh")));
            Assert.Equal(seesSigns, graph.HasSteps);
        }
    }

    [Fact]
    public void Its_binary_weights_learn_and_stay_within_one()
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(2);
        using Network network = ModelRegistry.Default.Create("binary_resnet20", 4);
        Tensor images = Aten.Randn([16, 3, 32, 32]), labels = Tensor.From<long>([.. Enumerable.Range(0, 16).Select(i => (long)i % 4)], [16]);
        var optimizer = new Adam(network.Parameters(), 0.01);
        Tensor binary = network.NamedParameters().Single(entry => entry.Key == "layer2.0.conv.weight").Value, before = binary.Detach().Clone();
        List<double> losses = [];
        for (int step = 0; step < 12; step++)
        {
            Tensor loss = network.Forward(images, new HashSet<string>()).Logits.CrossEntropyLoss(labels);
            optimizer.ZeroGrad();
            loss.Backward();
            optimizer.Step();
            losses.Add(loss.ToDouble());
        }

        Assert.True(losses[^1] < losses[0] / 2, string.Join(' ', losses));
        Assert.True((binary.Sign() - before.Sign()).Abs().Sum().ToDouble() > 0); // some have changed sides
        network.Forward(images, new HashSet<string>());
        Assert.InRange(binary.Abs().Max().ToDouble(), 0, 1);
    }

    private static long Weights(Network network) => network.NamedParameters().Where(entry => entry.Value.Rank == 4 && entry.Value.Size(2) > 1).Sum(entry => entry.Value.Count);
}
