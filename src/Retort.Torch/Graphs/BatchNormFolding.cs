using Retort.Torch.Native;

namespace Retort.Torch.Graphs;

/// <summary>
/// Makes one operator of a convolution and the batch norm behind it, which in evaluation is a scale and a shift of each channel:
/// W' = W · γ / √(σ² + ε), b' = (b − μ) · γ / √(σ² + ε) + β. Computed in double precision.
/// </summary>
internal static class BatchNormFolding
{
    private const int Weight = 1, Bias = 2; // of a convolution
    private const int Scale = 1, Shift = 2, Mean = 3, Variance = 4, Training = 5, Epsilon = 7; // of a batch norm

    /// <summary>Folds wherever nothing else reads what the convolution gives, in a graph without steps.</summary>
    /// <param name="graph">Taken over: its constants are the result's, or freed.</param>
    public static Graph Fold(Graph graph)
    {
        if (graph.HasSteps)
            return graph;
        Dictionary<int, Tensor> constants = new(graph.Constants);
        List<GraphNode> nodes = [.. graph.Nodes];
        Dictionary<int, int> maker = []; // of each value, by its place
        for (int n = 0; n < nodes.Count; n++)
        {
            foreach (int result in nodes[n].Results)
                maker[result] = n;
        }

        ILookup<int, int> readers = nodes.SelectMany((node, n) => node.Reads.Select(read => (read, n))).ToLookup(pair => pair.read, pair => pair.n);
        HashSet<int> wanted = [.. graph.Outputs.Select(output => output.Value)];
        HashSet<int> folded = [];
        string? path = null;
        List<GraphValue> values = [.. graph.Values];
        for (int n = 0; n < nodes.Count; n++)
        {
            GraphNode norm = nodes[n];
            if (!IsFixedNorm(norm, constants) || !maker.TryGetValue(norm.Read(0), out int place) || readers[norm.Read(0)].Count() != 1
                || wanted.Contains(norm.Read(0)) || !IsConvolution(nodes[place], constants))
            {
                continue;
            }

            GraphNode convolution = nodes[place];
            string? name = values[convolution.Read(Weight)].Name;
            path = name?[..(name.LastIndexOf('.') + 1)];
            (Tensor weight, Tensor bias) = Fold(convolution, norm, constants);
            nodes[place] = convolution.With(Weight, Constant(weight, "weight")).With(Bias, Constant(bias, "bias")) with { Results = norm.Results };
            folded.Add(n);
        }

        return (graph with { Nodes = [.. nodes.Where((_, n) => !folded.Contains(n))], Constants = constants, Values = values }).WithoutDead();

        GraphArgument.Value Constant(Tensor tensor, string role)
        {
            constants.Add(values.Count, tensor);
            values.Add(GraphValue.Of(tensor) with { Name = path is null ? null : $"{path}{role}" });
            return new(values.Count - 1);
        }
    }

    private static bool IsFixedNorm(GraphNode node, Dictionary<int, Tensor> constants) =>
        node.Operator.Name == "aten::batch_norm" && node.Arguments[Training] is GraphArgument.Plain { Content: { Tag: BridgeTag.Bool, Integer: 0 } }
        && ((int[])[Scale, Shift, Mean, Variance]).All(argument => constants.ContainsKey(node.Read(argument)));

    private static bool IsConvolution(GraphNode node, Dictionary<int, Tensor> constants) =>
        node.Operator.Name == "aten::conv2d" && constants.ContainsKey(node.Read(Weight)) && (node.Read(Bias) < 0 || constants.ContainsKey(node.Read(Bias)));

    private static (Tensor Weight, Tensor Bias) Fold(GraphNode convolution, GraphNode norm, Dictionary<int, Tensor> constants)
    {
        using var noGrad = GradMode.Disable();
        using var scope = new TensorScope();
        Tensor Of(GraphNode node, int argument) => constants[node.Read(argument)].Detach().To(DType.Float64);
        Tensor factor = Of(norm, Scale) / (Of(norm, Variance) + ((GraphArgument.Plain)norm.Arguments[Epsilon]).Content.Real).Sqrt();
        Tensor shift = convolution.Read(Bias) < 0 ? -Of(norm, Mean) : Of(convolution, Bias) - Of(norm, Mean);
        Tensor weight = Of(convolution, Weight) * factor.View([-1, 1, 1, 1]);
        Tensor bias = (shift * factor) + Of(norm, Shift);
        DType type = constants[convolution.Read(Weight)].DType;
        return (weight.To(type).Persist(), bias.To(type).Persist());
    }
}
