using Retort.Torch.Modules;
using Retort.Torch.Native;
using Retort.Torch.Networks;

namespace Retort.Torch.Graphs;

/// <summary>
/// Writes down the operators of a network's forward pass. Two passes with batches of different sizes show which integers stand for the
/// batch; all else must be the same in both. Their images differ, so that what is computed of them unseen does too.
/// </summary>
internal sealed unsafe class GraphTracer : OperatorObserver
{
    /// <summary>Name of the output that is the network's logits.</summary>
    public const string Logits = "logits";

    private const int FewImages = 2, MoreImages = 3;

    private readonly Dictionary<nint, int> _numbers = [];
    private readonly List<GraphNode> _nodes = [];
    private readonly Dictionary<int, Tensor> _constants = [];
    private readonly List<Tensor> _kept = []; // a handle that were freed could come again for another tensor
    private readonly List<GraphValue> _values = [];

    private GraphTracer()
    {
    }

    /// <summary>Traces a network in evaluation mode.</summary>
    /// <param name="network">Its mode is as it was afterwards.</param>
    /// <param name="taps">Features that the graph gives beside the logits.</param>
    /// <param name="height">Height of the images.</param>
    /// <param name="width">Width of the images.</param>
    /// <param name="device">Where the network is.</param>
    /// <exception cref="GraphException">It depends on the batch in another way than by its size, or computes by other means than operators.</exception>
    public static Graph Trace(Network network, IReadOnlySet<string> taps, int height, int width, Device device)
    {
        using var mode = EvaluationMode.Enter(network);
        using var noGrad = GradMode.Disable();
        Graph? few = null;
        try
        {
            few = Trace(network, taps, [FewImages, 3, height, width], device);
            using Graph more = Trace(network, taps, [MoreImages, 3, height, width], device);
            return Name(Merge(few, more), network);
        }
        catch
        {
            few?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Called(Operator op, ReadOnlySpan<BridgeValue> arguments, ReadOnlySpan<BridgeValue> results)
    {
        GraphArgument[] taken = new GraphArgument[arguments.Length];
        for (int i = 0; i < taken.Length; i++)
            taken[i] = Take(arguments[i]);
        if (op.IsInPlace && arguments[0].Tag == BridgeTag.Tensor)
            RequireOwn(op, arguments[0].Pointer);
        if (results is [{ Tag: BridgeTag.TensorList }])
        {
            ReadOnlySpan<nint> list = new((void*)results[0].Pointer, (int)results[0].Length);
            int[] given = new int[list.Length];
            for (int i = 0; i < given.Length; i++)
                given[i] = Give(list[i]);
            _nodes.Add(new GraphNode(op, taken, given) { GivesList = true });
        }
        else
        {
            List<int> given = [];
            foreach (BridgeValue result in results)
                given.Add(result.Tag == BridgeTag.Tensor ? Give(result.Pointer) : throw new GraphException($"{op.Name} gives something else than tensors, which depends on the images."));
            _nodes.Add(new GraphNode(op, taken, given));
        }
    }

    /// <inheritdoc/>
    public override void Reached(nint tensor) => _numbers.Remove(tensor); // a constant, should an operator take it now

    private static Graph Trace(Network network, IReadOnlySet<string> taps, long[] shape, Device device)
    {
        using var scope = new TensorScope();
        Tensor images = ImagesOf(shape, device);
        var tracer = new GraphTracer();
        try
        {
            int input = tracer.Give(images.Handle);
            NetworkOutput output;
            using (tracer)
                output = network.Forward(images, taps);
            KeyValuePair<string, int>[] outputs =
            [
                new(Logits, tracer.NumberOf(output.Logits, Logits)), .. output.Taps.Select(tap => new KeyValuePair<string, int>(tap.Key, tracer.NumberOf(tap.Value, tap.Key))),
            ];
            var graph = new Graph(input, tracer._nodes, outputs, new Dictionary<int, Tensor>(tracer._constants), tracer._values);
            tracer._constants.Clear();
            return graph;
        }
        finally
        {
            foreach (Tensor tensor in tracer._kept.Concat(tracer._constants.Values))
                tensor.Dispose();
        }
    }

    // Others for each number of images, and no random ones: a training's generator stays as it is.
    private static Tensor ImagesOf(long[] shape, Device device)
    {
        Tensor places = Aten.Arange(shape.Aggregate((a, b) => a * b), DType.Float32, device: device);
        return ((places * shape[0]).Sin() * shape[0]).View(shape).To(MemoryFormat.ChannelsLast);
    }

    private int NumberOf(Tensor output, string name) => _numbers.TryGetValue(output.Handle, out int number)
        ? number
        : throw new GraphException($"How \"{name}\" is computed is not to be seen.");

    private GraphArgument Take(BridgeValue value)
    {
        switch (value.Tag)
        {
            case BridgeTag.Tensor:
                return new GraphArgument.Value(Number(value.Pointer));
            case BridgeTag.TensorList or BridgeTag.OptionalTensorList:
                ReadOnlySpan<nint> tensors = new((void*)value.Pointer, (int)value.Length);
                int[] numbers = new int[tensors.Length];
                for (int i = 0; i < numbers.Length; i++)
                    numbers[i] = tensors[i] == 0 ? -1 : Number(tensors[i]);
                return new GraphArgument.Values(value.Tag, numbers);
            case BridgeTag.Int:
                return new GraphArgument.Integer(value.Integer);
            case BridgeTag.IntList:
                return new GraphArgument.Integers(
                    [.. new ReadOnlySpan<long>((void*)value.Pointer, (int)value.Length).ToArray().Select(item => new GraphArgument.Integer(item))]);
            case BridgeTag.DoubleList or BridgeTag.BoolList or BridgeTag.String:
                int size = (int)value.Length * (value.Tag == BridgeTag.DoubleList ? sizeof(double) : 1);
                return new GraphArgument.Bytes(value.Tag, value.Length, new ReadOnlySpan<byte>((void*)value.Pointer, size).ToArray());
            case BridgeTag.None or BridgeTag.Default or BridgeTag.Double or BridgeTag.Bool or BridgeTag.Device:
                return new GraphArgument.Plain(value);
            default:
                throw new GraphException($"An argument of the kind {value.Tag} cannot be kept.");
        }
    }

    private int Number(nint handle)
    {
        if (!_numbers.TryGetValue(handle, out int number))
        {
            number = Give(handle);
            _constants.Add(number, Second(handle));
        }

        return number;
    }

    // An operator that works in place gives a new value that is the same tensor.
    private int Give(nint handle)
    {
        Tensor tensor = Second(handle);
        _kept.Add(tensor);
        _values.Add(GraphValue.Of(tensor));
        return _numbers[handle] = _values.Count - 1;
    }

    // What changes a constant, or a view of one, would change it again in every run.
    private void RequireOwn(Operator op, nint target)
    {
        TensorInfo changed;
        Bridge.Check(Bridge.retort_tensor_info_read(target, &changed));
        foreach (Tensor constant in _constants.Values)
        {
            TensorInfo info = constant.Info();
            bool isWithin = changed.Data != null && changed.Data >= info.Data
                && changed.Data < (byte*)info.Data + (info.Numel * DTypes.Size((DType)info.DType));
            if (isWithin || constant.Handle == target)
                throw new GraphException($"{op.Name} changes in place what no operator of the network made.");
        }
    }

    private static Tensor Second(nint handle)
    {
        nint same;
        Bridge.Check(Bridge.retort_tensor_retain(handle, &same));
        return new Tensor(same).Persist();
    }

    private static Graph Name(Graph graph, Network network)
    {
        Dictionary<nint, string> paths = [];
        foreach ((string path, Tensor tensor) in network.State())
            paths.TryAdd(tensor.Handle, path);
        GraphValue[] values = [.. graph.Values];
        foreach ((int number, Tensor constant) in graph.Constants)
            values[number] = values[number] with { Name = paths.GetValueOrDefault(constant.Handle) };
        return graph with { Values = values };
    }

    private static Graph Merge(Graph few, Graph more)
    {
        if (few.Nodes.Count != more.Nodes.Count)
            throw new GraphException("The operators that run depend on how many images there are.");
        GraphNode[] nodes = [.. few.Nodes.Zip(more.Nodes, (a, b) => a.Operator == b.Operator && a.Results.SequenceEqual(b.Results)
            ? a with { Arguments = [.. a.Arguments.Zip(b.Arguments, (x, y) => Merge(a, x, y))] }
            : throw new GraphException("The operators that run depend on how many images there are."))];
        GraphValue[] values = [.. few.Values.Zip(more.Values, (a, b) => a.Type == b.Type && a.Shape.Count == b.Shape.Count
            ? a with { Shape = [.. a.Shape.Zip(b.Shape, Merge)] }
            : throw new GraphException("Types or dimensions depend on how many images there are."))];
        if (!few.Outputs.SequenceEqual(more.Outputs) || few.Constants.Any(constant => !IsSame(constant.Value, more.Constants[constant.Key])))
            throw new GraphException("Something is computed by other means than operators, from the images or from how many images there are.");
        return few with { Nodes = nodes, Values = values };
    }

    // Parameters and buffers are the same tensors; what a network makes by other means than operators is compared.
    private static bool IsSame(Tensor few, Tensor more) => few.Is(more) || (few.Shape.SequenceEqual(more.Shape) && few.Equal(more));

    private static GraphArgument Merge(GraphNode node, GraphArgument few, GraphArgument more) => (few, more) switch
    {
        (GraphArgument.Integer a, GraphArgument.Integer b) => Merge(a, b),
        (GraphArgument.Integers a, GraphArgument.Integers b) when a.Items.Count == b.Items.Count =>
            new GraphArgument.Integers([.. a.Items.Zip(b.Items, Merge)]),
        (GraphArgument.Values a, GraphArgument.Values b) when a.Numbers.SequenceEqual(b.Numbers) => a,
        (GraphArgument.Bytes a, GraphArgument.Bytes b) when a.Content.AsSpan().SequenceEqual(b.Content) => a,
        _ when few == more => few,
        _ => throw new GraphException($"An argument of {node.Operator.Name} depends on the images, or on how many images there are."),
    };

    private static GraphArgument.Integer Merge(GraphArgument.Integer few, GraphArgument.Integer more)
    {
        long perImage = (more.Base - few.Base) / (MoreImages - FewImages);
        return new GraphArgument.Integer(few.Base - (FewImages * perImage), perImage);
    }
}
