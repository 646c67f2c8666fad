using Retort.Torch.Native;

namespace Retort.Torch.Graphs;

/// <summary>
/// Makes one operator of a convolution, the sum with a shortcut and the ReLU behind it, where the bridge has it (on CPUs, with oneDNN): each
/// of the three would otherwise read and write all features again, and the weights would be reordered at every call.
/// </summary>
internal static class ConvolutionFusion
{
    private const int Input = 0, Weight = 1, Bias = 2, Stride = 3, Padding = 4, Dilation = 5, Groups = 6; // of a convolution

    private static readonly Operator Fused = new("retort::fused_conv2d", "");

    /// <summary>Whether the bridge has the operator for a device and a type.</summary>
    public static bool IsAvailable(Device device, DType type) => device.Type == DeviceType.Cpu && OneDnn.Computes(type) && Fused.Exists;

    /// <summary>Fuses every convolution with constant weights.</summary>
    /// <param name="graph">Taken over: its constants are the result's, or freed.</param>
    /// <param name="type">What the convolutions compute in: float32 or bfloat16.</param>
    public static Graph Fuse(Graph graph, DType type)
    {
        using var noGrad = GradMode.Disable();
        using var scope = new TensorScope();
        Dictionary<int, Tensor> constants = new(graph.Constants);
        List<GraphValue> values = [.. graph.Values];
        GraphNode?[] nodes = [.. graph.Nodes];
        ILookup<int, int> readers = graph.Nodes.SelectMany((node, n) => node.Reads.Select(read => (read, n))).ToLookup(pair => pair.read, pair => pair.n);
        HashSet<int> wanted = [.. graph.Outputs.Select(output => output.Value)];
        for (int n = 0; n < nodes.Length; n++)
        {
            if (nodes[n] is not { Operator: { Name: "aten::conv2d", Overload: "" } } convolution || !IsConstant(convolution.Read(Weight))
                || (convolution.Read(Bias) >= 0 && !IsConstant(convolution.Read(Bias))))
            {
                continue;
            }

            int place = n, result = convolution.Results[0], added = -1;
            if (Next(result) is { } sum && Shortcut(sum, result) is { } shortcut && IsSame(n, sum))
                (added, place, result) = (shortcut, Take(place, sum), nodes[sum]!.Results[0]);
            bool rectified = false;
            if (Next(result) is { } relu && nodes[relu]!.Operator.Name is "aten::relu" or "aten::relu_")
            {
                result = nodes[relu]!.Results[0];
                nodes[relu] = null;
                rectified = true;
            }

            nodes[n] = null;
            nodes[place] = new GraphNode(
                Fused,
                [
                    convolution.Arguments[Input], Constant(constants[convolution.Read(Weight)].Clone().To(type)), Constant(BiasOf(convolution)),
                    added < 0 ? new GraphArgument.Plain(default) : new GraphArgument.Value(added), convolution.Arguments[Stride],
                    convolution.Arguments[Padding], convolution.Arguments[Dilation], convolution.Arguments[Groups],
                    new GraphArgument.Plain(BridgeValue.Of(rectified)),
                ],
                [result]);
        }

        return (graph with { Nodes = [.. nodes.OfType<GraphNode>()], Constants = constants, Values = values }).WithoutDead();

        bool IsConstant(int value) => constants.ContainsKey(value);

        // Whether an operator that runs later sees what the first would have seen: an operator in place may change it by way of a view.
        bool IsSame(int from, int to) => !nodes[from..to].Any(node => node is { IsInPlace: true });

        // The operator that alone reads a value, unless it is part of another by now.
        int? Next(int value) => !wanted.Contains(value) && readers[value].ToArray() is [var reader] && nodes[reader] is not null ? reader : null;

        // The other summand, where the operator adds one of the same shape, and that is not what it changes.
        int? Shortcut(int n, int value)
        {
            GraphNode sum = nodes[n]!;
            if (sum.Operator is not { Name: "aten::add" or "aten::add_", Overload: "Tensor" } || !IsOne(sum.Arguments[2]))
                return null;
            int other = sum.Read(0) == value ? sum.Read(1) : sum.IsInPlace ? -1 : sum.Read(0);
            return other >= 0 && other != value && values[other].Shape.SequenceEqual(values[value].Shape) ? other : null;
        }

        int Take(int from, int to)
        {
            nodes[from] = null;
            return to;
        }

        Tensor BiasOf(GraphNode convolution) => convolution.Read(Bias) is >= 0 and var bias
            ? constants[bias].To(DType.Float32)
            : Aten.Zeros([constants[convolution.Read(Weight)].Size(0)]);

        GraphArgument.Value Constant(Tensor tensor)
        {
            constants.Add(values.Count, tensor.Persist());
            values.Add(GraphValue.Of(tensor));
            return new(values.Count - 1);
        }
    }

    private static bool IsOne(GraphArgument factor) => factor is GraphArgument.Plain { Content.Tag: BridgeTag.Default } || factor == new GraphArgument.Integer(1);
}
