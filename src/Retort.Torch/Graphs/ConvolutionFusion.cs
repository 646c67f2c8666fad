using Retort.Torch.Native;

namespace Retort.Torch.Graphs;

/// <summary>
/// Makes one operator of a convolution, the sum with a shortcut and the ReLU behind it, where the bridge has it (on CPUs, with oneDNN): each
/// of the three would otherwise read and write all features again, and the weights would be reordered at every call.
/// </summary>
internal static class ConvolutionFusion
{
    private const int Rank = 4; // of images
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
            if (Match(n) is { } chain)
                Replace(chain);
        }

        return (graph with { Nodes = [.. nodes.OfType<GraphNode>()], Constants = constants, Values = values }).WithoutDead();

        // What is fused with the convolution that stands there, if one does.
        Chain? Match(int n)
        {
            if (nodes[n] is not { Operator: { Name: "aten::conv2d", Overload: "" } } convolution || !IsConstant(convolution.Read(Weight))
                || (convolution.Read(Bias) >= 0 && !IsConstant(convolution.Read(Bias))) || values[convolution.Read(Input)].Shape.Count != Rank)
            {
                return null;
            }

            var chain = new Chain(n, n, convolution.Results[0], Shortcut: null, Relu: null);
            if (Next(chain.Result) is { } sum && Shortcut(sum, chain.Result) is { } shortcut && IsSame(n, sum))
                chain = chain with { Place = sum, Result = nodes[sum]!.Results[0], Shortcut = shortcut };
            if (Next(chain.Result) is { } relu && nodes[relu]!.Operator.Name is "aten::relu" or "aten::relu_")
                chain = chain with { Relu = relu, Result = nodes[relu]!.Results[0] };
            return chain;
        }

        void Replace(Chain chain)
        {
            GraphNode convolution = nodes[chain.Convolution]!;
            nodes[chain.Convolution] = null;
            if (chain.Relu is { } relu)
                nodes[relu] = null;
            nodes[chain.Place] = new GraphNode(
                Fused,
                [
                    convolution.Arguments[Input], Constant(constants[convolution.Read(Weight)].Clone().To(type)), Constant(BiasOf(convolution)),
                    chain.Shortcut is { } shortcut ? new GraphArgument.Value(shortcut) : new GraphArgument.Plain(default),
                    Two(convolution.Arguments[Stride], 1), Two(convolution.Arguments[Padding], 0), Two(convolution.Arguments[Dilation], 1),
                    convolution.Arguments[Groups] is GraphArgument.Integer groups ? groups : new GraphArgument.Integer(1),
                    new GraphArgument.Plain(BridgeValue.Of(chain.Relu is not null)),
                ],
                [chain.Result]);
        }

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

    // The fused operator has no defaults, and takes no number that stands for both.
    private static GraphArgument.Integers Two(GraphArgument given, long otherwise) => given switch
    {
        GraphArgument.Integers { Items: [var both] } => new([both, both]),
        GraphArgument.Integers { Items: [_, _] } two => two,
        _ => new([new(otherwise), new(otherwise)]),
    };

    private static bool IsOne(GraphArgument factor) => factor is GraphArgument.Plain { Content.Tag: BridgeTag.Default } || factor == new GraphArgument.Integer(1);

    /// <summary>What becomes one operator.</summary>
    /// <param name="Convolution">Place of the convolution.</param>
    /// <param name="Place">Where the operator stands, as all that it reads is there: the place of the sum, or of the convolution.</param>
    /// <param name="Result">The value that it gives.</param>
    /// <param name="Shortcut">The value that is added; null: none.</param>
    /// <param name="Relu">Place of the ReLU; null: there is none.</param>
    private sealed record Chain(int Convolution, int Place, int Result, int? Shortcut, int? Relu);
}
