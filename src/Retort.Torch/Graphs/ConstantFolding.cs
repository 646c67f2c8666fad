namespace Retort.Torch.Graphs;

/// <summary>Computes once what depends on constants alone.</summary>
internal static class ConstantFolding
{
    private static readonly Operator Clone = new("aten::clone", "");

    /// <summary>Folds operators all of whose inputs are constants, and whose integers do not grow with the batch.</summary>
    /// <param name="graph">Taken over: its constants are the result's, or freed.</param>
    public static Graph Fold(Graph graph)
    {
        HashSet<int> known = [.. graph.Constants.Keys];
        List<GraphValue> values = [.. graph.Values];
        List<GraphNode> early = [], late = [];
        foreach (GraphNode node in graph.Nodes)
        {
            bool isConstant = node.Reads.All(known.Contains) && node.Arguments.All(argument => argument switch
            {
                GraphArgument.Integer integer => integer.PerImage == 0,
                GraphArgument.Integers integers => integers.Items.All(item => item.PerImage == 0),
                _ => true,
            });

            // An operator in place works on a copy: a constant that it changed would be another one in the next run.
            List<GraphNode> part = isConstant ? early : late;
            part.AddRange(node.IsInPlace && known.Contains(node.Read(0)) ? OnCopy(node, values) : [node]);
            if (isConstant)
                known.UnionWith(node.Results);
        }

        HashSet<int> made = [.. early.SelectMany(node => node.Results)];
        int[] wanted = [.. late.SelectMany(node => node.Reads).Concat(graph.Outputs.Select(output => output.Value)).Where(made.Contains).Distinct()];
        var constant = graph with { Nodes = early, Values = values, Outputs = [.. wanted.Select(number => new KeyValuePair<string, int>("", number))] };
        Dictionary<int, Tensor> constants = new(graph.Constants);
        using var noGrad = GradMode.Disable();
        using var nothing = Aten.Zeros([1]);
        Tensor[] computed = new GraphRunner(constant).Run(nothing); // owns no more than this graph, so it is not disposed
        for (int i = 0; i < wanted.Length; i++)
            constants.Add(wanted[i], computed[i].Persist());
        return (graph with { Nodes = late, Constants = constants, Values = values }).WithoutDead();
    }

    private static GraphNode[] OnCopy(GraphNode node, List<GraphValue> values)
    {
        int original = node.Read(0), copy = values.Count;
        values.Add(values[original] with { Name = null });
        return [new(Clone, [new GraphArgument.Value(original), new GraphArgument.Plain(default)], [copy]), node.With(0, new GraphArgument.Value(copy))];
    }
}
