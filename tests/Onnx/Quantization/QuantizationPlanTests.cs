using Retort.Onnx;
using Retort.Onnx.Quantization;
using Retort.Torch.Graphs;
using Retort.Torch.Networks;

namespace Retort.Tests.Onnx.Quantization;

public sealed class QuantizationPlanTests
{
    [Fact]
    public void What_convolutions_sums_and_the_classifier_read_becomes_bytes_and_the_logits_do_not() => With("resnet8", (graph, plan) =>
    {
        foreach (GraphNode node in graph.Nodes.Where(node => Name(node) is "conv2d" or "linear" or "add"))
            Assert.Contains(node.Read(0), plan);
        foreach (GraphNode node in graph.Nodes.Where(node => Name(node) == "add"))
            Assert.Contains(node.Read(1), plan);
        Assert.Contains(graph.Input, plan);
        Assert.DoesNotContain(graph.Outputs[0].Value, plan);
    });

    [Fact]
    public void Between_an_operator_and_its_activation_nothing_is_rounded() => With("resnet8", (graph, plan) =>
    {
        GraphNode[] activations = [.. graph.Nodes.Where(node => Name(node) == "relu")];
        Assert.Equal(7, activations.Length);
        Assert.All(activations, node => Assert.DoesNotContain(node.Read(0), plan));
        Assert.All(activations, node => Assert.Contains(node.Results[0], plan));
    });

    [Fact]
    public void What_only_moves_numbers_keeps_their_scale() => With("ShuffleV1", (graph, plan) =>
    {
        int moved = graph.Nodes.Count(node => Name(node) is "view" or "reshape" or "transpose" && plan.TryGetValue(node.Results[0], out int by) && by != node.Results[0]);
        Assert.True(moved > 0);
    });

    [Fact]
    public void A_transformers_sums_and_attention_stay_as_they_are() => With("deit_tiny_patch4_32", (graph, plan) =>
    {
        Assert.All(graph.Nodes.Where(node => Name(node) == "linear"), node => Assert.Contains(node.Read(0), plan));
        Assert.All(graph.Nodes.Where(node => Name(node) is "matmul" or "softmax" or "add"), node => Assert.DoesNotContain(node.Read(0), plan));
    });

    private static void With(string model, Action<Graph, IReadOnlyDictionary<int, int>> check)
    {
        using Network network = Support.Networks.Trained(model);
        using Graph graph = OnnxExporter.Simplify(network, 32, 32, foldBatchNorms: true).Graph;
        check(graph, QuantizationPlan.Of(graph));
    }

    private static string Name(GraphNode node) => node.Operator.Name["aten::".Length..].TrimEnd('_');
}
