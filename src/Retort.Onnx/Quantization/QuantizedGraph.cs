using Retort.Torch;
using Retort.Torch.Graphs;
using Retort.Torch.Native;

namespace Retort.Onnx.Quantization;

/// <summary>
/// Puts the rounding of quantisation into a graph, as libtorch's operators of that name: activations by one scale each, weights by one for
/// each channel that is given, symmetric, and biases in 32 bits with the product of both scales, as integer arithmetic wants them.
/// </summary>
internal sealed class QuantizedGraph
{
    private const int Weight = 1, Bias = 2, Product = 2; // arguments of a convolution and of a linear layer; dimensions of a matrix product
    private const double MostOfBias = 1 << 30; // of 2³¹
    private const double LeastScale = 1e-30; // of a channel whose weights are zeros

    private static readonly Operator PerTensor = new("aten::fake_quantize_per_tensor_affine", ""), PerChannel = new("aten::fake_quantize_per_channel_affine", "");

    private readonly Graph _graph;
    private readonly IReadOnlyDictionary<int, ActivationScale> _scales;
    private readonly List<GraphNode> _nodes = [];
    private readonly List<GraphValue> _values;
    private readonly Dictionary<int, Tensor> _constants;
    private readonly Dictionary<int, int> _rounded = [];

    private QuantizedGraph(Graph graph, IReadOnlyDictionary<int, ActivationScale> scales)
    {
        (_graph, _scales) = (graph, scales);
        _values = [.. graph.Values];
        _constants = new(graph.Constants);
    }

    /// <summary>Quantises a graph.</summary>
    /// <param name="graph">Taken over: its constants are the result's.</param>
    /// <param name="scales">That of each value that becomes bytes.</param>
    public static Graph Of(Graph graph, IReadOnlyDictionary<int, ActivationScale> scales)
    {
        var made = new QuantizedGraph(graph, scales);
        made.RoundActivation(graph.Input);
        foreach (GraphNode node in graph.Nodes)
        {
            made._nodes.Add(QuantizationPlan.HasWeight(node, graph) ? made.WithRoundedWeight(node) : made.WithRoundedInputs(node));
            foreach (int result in node.Results)
                made.RoundActivation(result);
        }

        return graph with { Nodes = made._nodes, Values = made._values, Constants = made._constants };
    }

    private void RoundActivation(int value)
    {
        if (!_scales.TryGetValue(value, out ActivationScale scale))
            return;
        _rounded[value] = Round(PerTensor, value, [
            new GraphArgument.Plain(BridgeValue.Of((double)scale.Scale)), new GraphArgument.Integer(scale.ZeroPoint),
            new GraphArgument.Integer(byte.MinValue), new GraphArgument.Integer(byte.MaxValue)]);
    }

    private GraphNode WithRoundedWeight(GraphNode node)
    {
        double input = _scales[node.Read(0)].Scale;
        using var noGrad = GradMode.Disable();
        using var scope = new TensorScope();
        Tensor weight = _constants[node.Read(Weight)].Detach();
        Tensor widest = weight.Abs().Amax([.. Enumerable.Range(1, weight.Rank - 1).Select(dimension => (long)dimension)]).To(DType.Float64);
        bool hasBias = node.Read(Bias) >= 0 && _constants.ContainsKey(node.Read(Bias)) && !IsProduct(node);
        Tensor scales = widest / sbyte.MaxValue;
        if (hasBias) // beside whose size the weights of a channel may vanish; the bias must not overflow
            scales = scales.Maximum(_constants[node.Read(Bias)].Detach().Abs().To(DType.Float64) / (input * MostOfBias));
        scales = scales.ClampMin(LeastScale);
        GraphNode rounded = WithRoundedInputs(node).With(Weight, RoundConstant(node.Read(Weight), scales, sbyte.MinValue, sbyte.MaxValue));
        return hasBias ? rounded.With(Bias, RoundConstant(node.Read(Bias), scales * input, int.MinValue, int.MaxValue)) : rounded;
    }

    // A linear layer of more than rows is written as a product and a sum, in float32.
    private bool IsProduct(GraphNode node) => node.Operator.Name == "aten::linear" && _values[node.Read(0)].Shape.Count > Product;

    private GraphArgument.Value RoundConstant(int constant, Tensor scales, long least, long most)
    {
        string? name = _values[constant].Name;
        int scale = Constant(scales.To(DType.Float32), name is null ? null : $"{name}.scale");
        int zero = Constant(Aten.Zeros(scales.Shape, DType.Int32), null);
        return new(Round(PerChannel, constant, [
            new GraphArgument.Value(scale), new GraphArgument.Value(zero), new GraphArgument.Integer(0), new GraphArgument.Integer(least), new GraphArgument.Integer(most)]));
    }

    private int Round(Operator rounding, int value, IEnumerable<GraphArgument> how)
    {
        _values.Add(_values[value] with { Name = null });
        _nodes.Add(new GraphNode(rounding, [new GraphArgument.Value(value), .. how], [_values.Count - 1]));
        return _values.Count - 1;
    }

    private int Constant(Tensor tensor, string? name)
    {
        _constants.Add(_values.Count, tensor.Persist());
        _values.Add(GraphValue.Of(tensor) with { Name = name });
        return _values.Count - 1;
    }

    private GraphNode WithRoundedInputs(GraphNode node) => node with
    {
        Arguments = [.. node.Arguments.Select(argument => argument switch
        {
            GraphArgument.Value value => new GraphArgument.Value(_rounded.GetValueOrDefault(value.Number, value.Number)),
            GraphArgument.Values list => list with { Numbers = [.. list.Numbers.Select(number => _rounded.GetValueOrDefault(number, number))] },
            _ => argument,
        })],
    };
}
