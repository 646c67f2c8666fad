namespace Retort.Torch.Graphs;

/// <summary>Casts the weights of convolutions and linear layers once, to the type in which autocast would compute them at each call.</summary>
internal static class WeightCasting
{
    private static readonly HashSet<string> Operators = ["aten::conv2d", "aten::linear"];

    /// <summary>Casts them.</summary>
    /// <param name="graph">Taken over: its constants are the result's, or freed.</param>
    /// <param name="type">Their new type.</param>
    public static Graph Cast(Graph graph, DType type)
    {
        HashSet<int> cast = [.. graph.Nodes.Where(node => Operators.Contains(node.Operator.Name)).SelectMany(node => node.Reads)];
        cast.ExceptWith(graph.Nodes.Where(node => !Operators.Contains(node.Operator.Name)).SelectMany(node => node.Reads));
        Dictionary<int, Tensor> constants = [];
        using var noGrad = GradMode.Disable();
        foreach ((int number, Tensor constant) in graph.Constants)
        {
            if (!cast.Contains(number) || constant.DType == type)
            {
                constants.Add(number, constant);
                continue;
            }

            constants.Add(number, constant.To(type).Persist());
            constant.Dispose();
        }

        return graph with { Constants = constants };
    }
}
