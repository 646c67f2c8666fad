namespace Retort.Torch.Graphs;

/// <summary>
/// What a network computes, as a list of operators: each takes and gives values, which have numbers. Values that no operator gives are the
/// input or constants (parameters, buffers). It is for images of one size; how integers grow with the batch is kept.
/// </summary>
/// <param name="Input">The value that the images are.</param>
/// <param name="Nodes">The operators, in an order in which they can run.</param>
/// <param name="Outputs">The values wanted, by name.</param>
/// <param name="Constants">The tensors that are there before; owned by the graph.</param>
/// <param name="Values">Type and shape of each value, by its number.</param>
internal sealed record Graph(
    int Input, IReadOnlyList<GraphNode> Nodes, IReadOnlyList<KeyValuePair<string, int>> Outputs, IReadOnlyDictionary<int, Tensor> Constants,
    IReadOnlyList<GraphValue> Values) : IDisposable
{
    /// <summary>Whether signs are taken of what is computed: there the least rounding turns into a step, so operators are left as the network has them.</summary>
    public bool HasSteps => Nodes.Any(node => node.Operator.Name == "aten::sign" && !Constants.ContainsKey(node.Read(0)));

    /// <summary>Values that each operator frees: those that nothing after it reads.</summary>
    public int[][] LastUses()
    {
        HashSet<int> seen = [.. Outputs.Select(output => output.Value), .. Constants.Keys, Input];
        int[][] last = new int[Nodes.Count][];
        for (int n = Nodes.Count - 1; n >= 0; n--)
        {
            // What it gives and nobody reads is freed at once.
            last[n] = [.. Nodes[n].Reads.Concat(Nodes[n].Results).Distinct().Where(seen.Add)];
        }

        return last;
    }

    /// <summary>The same graph without operators and constants that no output needs.</summary>
    /// <remarks>This graph is taken over: its constants are the result's, or freed.</remarks>
    public Graph WithoutDead()
    {
        HashSet<int> needed = [.. Outputs.Select(output => output.Value)];
        List<GraphNode> alive = [];
        foreach (GraphNode node in Nodes.Reverse())
        {
            if (!node.Results.Any(needed.Contains))
                continue;
            alive.Insert(0, node);
            needed.UnionWith(node.Reads);
        }

        Dictionary<int, Tensor> constants = [];
        foreach ((int number, Tensor constant) in Constants)
        {
            if (needed.Contains(number))
                constants.Add(number, constant);
            else
                constant.Dispose();
        }

        return this with { Nodes = alive, Constants = constants };
    }

    /// <summary>Frees the constants.</summary>
    public void Dispose()
    {
        foreach (Tensor constant in Constants.Values)
            constant.Dispose();
    }
}
