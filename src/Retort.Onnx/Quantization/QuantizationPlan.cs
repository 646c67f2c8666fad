using Retort.Torch.Graphs;
using Retort.Torch.Native;

namespace Retort.Onnx.Quantization;

/// <summary>
/// Which values of a graph become bytes: what convolutions, linear layers and, of maps, sums, pools and concatenations read, and what those
/// of maps give, behind the activation where one follows; so a runtime finds 8-bit numbers on both sides of an operator, and can compute it in them.
/// What only moves numbers keeps their scale. All else is computed in float32: norms that could not be folded, attention, a transformer's sums.
/// </summary>
internal static class QuantizationPlan
{
    private const int MapRank = 4;
    private const int Weight = 1;

    private static readonly HashSet<string> OfMaps = ["add", "cat", "avg_pool2d", "adaptive_avg_pool2d"];
    private static readonly HashSet<string> Activations = ["relu", "relu6", "hardtanh"]; // which cut off what 8 bits need not cover
    private static readonly HashSet<string> Moves =
        ["flatten", "reshape", "view", "permute", "transpose", "contiguous", "slice", "select", "max_pool2d", "dropout", "detach"];

    /// <summary>Makes the plan.</summary>
    /// <param name="graph">Borrowed.</param>
    /// <returns>Each value that becomes bytes, and the value by whose range it does: mostly itself.</returns>
    public static IReadOnlyDictionary<int, int> Of(Graph graph)
    {
        ILookup<int, GraphNode> readers = graph.Nodes.SelectMany(node => node.Reads.Select(read => (read, node))).ToLookup(pair => pair.read, pair => pair.node);
        HashSet<int> wanted = [];
        foreach (GraphNode node in graph.Nodes.Where(node => IsQuantized(node, graph)))
        {
            wanted.UnionWith(HasWeight(node, graph) ? [node.Read(0)] : node.Reads);
            int given = BehindActivations(node.Results[0], readers);
            if (IsMap(given, graph) && readers.Contains(given)) // what nobody reads is an output, and given as it is
                wanted.Add(given);
        }

        return ShareScales(wanted, graph);
    }

    /// <summary>Whether an operator has a weight that becomes bytes: a convolution or a linear layer, of float32.</summary>
    public static bool HasWeight(GraphNode node, Graph graph) =>
        Name(node) is "conv2d" or "linear" && graph.Constants.TryGetValue(node.Read(Weight), out Torch.Tensor? weight) && weight.DType == Torch.DType.Float32;

    private static bool IsQuantized(GraphNode node, Graph graph) => HasWeight(node, graph)
        || (OfMaps.Contains(Name(node)) && node.Reads.All(value => IsMap(value, graph) && !graph.Constants.ContainsKey(value)) && !IsScaled(node));

    // An addition that multiplies what it adds.
    private static bool IsScaled(GraphNode node) =>
        Name(node) == "add" && (node.Reads.Count() != 2 || node.Arguments[2] is not (GraphArgument.Plain { Content.Tag: BridgeTag.Default or BridgeTag.None } or GraphArgument.Integer { Base: 1, PerImage: 0 }));

    private static bool IsMap(int value, Graph graph) => graph.Values[value].Shape.Count == MapRank;

    private static int BehindActivations(int value, ILookup<int, GraphNode> readers)
    {
        while (readers[value].ToArray() is [var only] && Activations.Contains(Name(only)))
            value = only.Results[0];
        return value;
    }

    private static Dictionary<int, int> ShareScales(HashSet<int> wanted, Graph graph)
    {
        Dictionary<int, int> moved = graph.Nodes.Where(node => Moves.Contains(Name(node))).ToDictionary(node => node.Results[0], node => node.Read(0));
        Dictionary<int, int> plan = [];
        foreach (int value in wanted)
        {
            List<int> path = [value];
            while (moved.TryGetValue(path[^1], out int before))
                path.Add(before);
            bool isQuantizedBefore = wanted.Contains(path[^1]);
            foreach (int passed in isQuantizedBefore ? path : [value])
                plan[passed] = isQuantizedBefore ? path[^1] : value;
        }

        return plan;
    }

    private static string Name(GraphNode node) => node.Operator.Name["aten::".Length..].TrimEnd('_');
}
