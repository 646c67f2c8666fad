namespace Retort.Torch.Graphs;

/// <summary>Computes once what depends on constants alone.</summary>
internal static class ConstantFolding
{
    /// <summary>Folds operators all of whose inputs are constants, and whose integers do not grow with the batch.</summary>
    /// <param name="graph">Taken over: its constants are the result's, or freed.</param>
    public static Graph Fold(Graph graph)
    {
        HashSet<int> known = [.. graph.Constants.Keys];
        List<GraphNode> early = [], late = [];
        foreach (GraphNode node in graph.Nodes)
        {
            // An operator in place would change a parameter.
            bool isConstant = !node.IsInPlace && node.Reads.All(known.Contains) && node.Arguments.All(argument => argument switch
            {
                GraphArgument.Integer integer => integer.PerImage == 0,
                GraphArgument.Integers integers => integers.Items.All(item => item.PerImage == 0),
                _ => true,
            });
            if (isConstant)
                known.UnionWith(node.Results);
            (isConstant ? early : late).Add(node);
        }

        if (early.Count == 0)
            return graph;
        HashSet<int> made = [.. early.SelectMany(node => node.Results)];
        int[] wanted = [.. late.SelectMany(node => node.Reads).Concat(graph.Outputs.Select(output => output.Value)).Where(made.Contains).Distinct()];
        var part = graph with { Nodes = early, Outputs = [.. wanted.Select(number => new KeyValuePair<string, int>("", number))] };
        Dictionary<int, Tensor> constants = new(graph.Constants);
        using var noGrad = GradMode.Disable();
        using var nothing = Aten.Zeros([1]);
        Tensor[] computed = new GraphRunner(part).Run(nothing); // owns no more than this graph, so it is not disposed
        for (int i = 0; i < wanted.Length; i++)
            constants.Add(wanted[i], computed[i].Persist());
        return (graph with { Nodes = late, Constants = constants }).WithoutDead();
    }
}
