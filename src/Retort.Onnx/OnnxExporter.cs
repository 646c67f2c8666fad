using System.Globalization;
using Google.Protobuf;
using Retort.Onnx.Format;
using Retort.Onnx.Quantization;
using Retort.Torch;
using Retort.Torch.Graphs;
using Retort.Torch.Modules;
using Retort.Torch.Networks;

namespace Retort.Onnx;

/// <summary>Writes a network as an ONNX model: its operators are traced, simplified and mapped one by one.</summary>
public static class OnnxExporter
{
    /// <summary>Name of the normalised images in the model: its input, unless the model normalises itself.</summary>
    internal const string Images = "images";

    private const string Pixels = "pixels", Batch = "batch";
    private const int CheckedImages = 4;
    private const double Tolerance = 1e-3; // of the greatest logit; float32 rounding is far below

    /// <summary>Writes a network's model.</summary>
    /// <param name="network">On the CPU or another device; borrowed, its mode stays as it is. A <see cref="QuantizedNetwork"/> is written with its 8-bit numbers.</param>
    /// <param name="height">Height of the images, in pixels; what a <see cref="QuantizedNetwork"/> was made for stays.</param>
    /// <param name="width">Width of the images, in pixels; the same.</param>
    /// <param name="options">How it is written.</param>
    /// <param name="to">Where the file's bytes go.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="OnnxExportException">An operator has no counterpart in ONNX; the message names it and where it stands.</exception>
    /// <exception cref="GraphException">The network is not made of operators, or depends on the number of images otherwise than in shapes.</exception>
    public static ExportResult Export(Network network, int height, int width, ExportOptions options, Stream to)
    {
        if (options.Opset is < ExportOptions.OldestOpset or > ExportOptions.NewestOpset)
        {
            throw new OnnxExportException(string.Create(
                CultureInfo.InvariantCulture, $"Opset {options.Opset} cannot be written, only {ExportOptions.OldestOpset} to {ExportOptions.NewestOpset}: choose one of those.")) { WrongUse = true };
        }

        if (network is QuantizedNetwork && options.Half)
            throw new OnnxExportException("A network of 8-bit numbers is not written in 16 bits: choose one of the two.") { WrongUse = true };
        if (network is QuantizedNetwork quantized)
            return Write(quantized.Graph, quantized.Difference, options, to);
        (Graph graph, double difference) = Simplify(network, height, width, options.FoldBatchNorms);
        using (graph)
            return Write(graph, difference, options, to);
    }

    /// <summary>A network's graph, simplified, and how far its logits are from the network's, as a part of the greatest.</summary>
    internal static (Graph Graph, double Difference) Simplify(Network network, int height, int width, bool foldBatchNorms)
    {
        Device device = network.Parameters() is [var first, ..] ? first.Device : Device.Cpu;
        Graph graph = GraphTracer.Trace(network, new HashSet<string>(), height, width, device);
        if (foldBatchNorms)
            graph = BatchNormFolding.Fold(graph);
        graph = ConstantFolding.Fold(graph).WithoutDead();
        try
        {
            return (graph, Difference(network, graph, height, width, device));
        }
        catch
        {
            graph.Dispose();
            throw;
        }
    }

    private static ExportResult Write(Graph graph, double difference, ExportOptions options, Stream to)
    {
        ModelProto model = Model(graph, options);
        model.WriteTo(to);
        return new ExportResult(model.Graph.Node.Count, model.CalculateSize(), difference);
    }

    /// <summary>How far the logits of the simplified graph are from the network's, on random images.</summary>
    private static double Difference(Network network, Graph graph, int height, int width, Device device)
    {
        using var mode = EvaluationMode.Enter(network);
        using var noGrad = GradMode.Disable();
        using var scope = new TensorScope();
        Tensor images = Aten.Randn([CheckedImages, 3, height, width], device: device), expected = network.Forward(images);
        Tensor actual = new GraphRunner(graph).Run(images)[0]; // owns no more than the graph, so it is not disposed
        double apart = (actual - expected).Abs().Max().ToDouble(), greatest = expected.Abs().Max().ToDouble();
        double difference = apart == 0 ? 0 : apart / greatest; // a network may give zeros alone
        return difference <= Tolerance
            ? difference
            : throw new OnnxExportException(string.Create(
                CultureInfo.InvariantCulture, $"The simplified graph does not compute what the network does (logits differ by {difference:P2}): this is a fault of Retort's."));
    }

    private static ModelProto Model(Graph graph, ExportOptions options)
    {
        var builder = new OnnxBuilder(graph, options);
        builder.Result.Name = options.Metadata.GetValueOrDefault("model", "network");
        builder.Unique(Images);
        builder.Unique(GraphTracer.Logits);
        Begin(graph, builder);
        string near = "before the first module";
        foreach (GraphNode node in graph.Nodes)
        {
            if (node.Results.Count != 1)
                throw new OnnxExportException($"{node.Operator.Name} ({near}) gives several tensors, which is not written in ONNX.");
            string? parameter = node.Reads.Select(value => graph.Values[value].Name).FirstOrDefault(name => name is not null);
            builder.Enter(parameter);
            near = parameter is null ? near : $"in or behind the module \"{parameter[..Math.Max(0, parameter.LastIndexOf('.'))]}\"";
            builder.Bind(node.Results[0], OperatorTable.Write(node, builder, near));
        }

        End(graph, builder);
        var model = new ModelProto
        {
            IrVersion = IrVersion(options.Opset), ProducerName = "Retort",
            ProducerVersion = typeof(OnnxExporter).Assembly.GetName().Version!.ToString(3), Graph = builder.Result,
            OpsetImport = { new OperatorSetIdProto { Domain = "", Version = options.Opset } },
        };
        foreach ((string key, string value) in options.Metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        return model;
    }

    /// <summary>The input, and what is done to it before the network.</summary>
    private static void Begin(Graph graph, OnnxBuilder builder)
    {
        IReadOnlyList<GraphArgument.Integer> shape = graph.Values[graph.Input].Shape;
        string images = Images;
        if (builder.Options.Preprocessing is { } normalization)
        {
            builder.Result.Input.Add(Value(Pixels, TensorProto.Types.DataType.Uint8, [shape[0], shape[2], shape[3], shape[1]], builder.Options));
            string floats = builder.Add("Cast", [Pixels], OnnxAttribute.Of("to", (long)builder.FloatType));
            string scaled = builder.Add("Div", [builder.Add("Sub", [floats, PerChannel("mean", normalization.Mean)]), PerChannel("std", normalization.Deviation)]);
            images = Rename(builder, builder.Add("Transpose", [scaled], OnnxAttribute.Of("perm", [0, 3, 1, 2])), Images);
        }
        else
        {
            builder.Result.Input.Add(Value(Images, TensorProto.Types.DataType.Float, shape, builder.Options));
            if (builder.Options.Half)
                images = builder.Add("Cast", [Images], OnnxAttribute.Of("to", (long)builder.FloatType));
        }

        builder.Bind(graph.Input, images);

        string PerChannel(string name, IReadOnlyList<float> values)
        {
            using Tensor constant = Tensor.From<float>([.. values.Select(value => value * 255)], 3);
            return builder.Write(builder.Unique(name), constant);
        }
    }

    private static void End(Graph graph, OnnxBuilder builder)
    {
        (string name, int value) = graph.Outputs[0];
        string logits = builder.NameOf(value);
        if (builder.Options.Half)
            logits = builder.Add("Cast", [logits], OnnxAttribute.Of("to", (long)TensorProto.Types.DataType.Float));
        Rename(builder, logits, name);
        builder.Result.Output.Add(Value(name, TensorProto.Types.DataType.Float, graph.Values[value].Shape, builder.Options));
    }

    /// <summary>Gives the output of the last node another name.</summary>
    private static string Rename(OnnxBuilder builder, string last, string name)
    {
        NodeProto node = builder.Result.Node[^1];
        if (node.Output[0] == last)
            node.Output[0] = name;
        else
            builder.Result.Node.Add(new NodeProto { Name = name, OpType = "Identity", Input = { last }, Output = { name } });
        return name;
    }

    private static ValueInfoProto Value(
        string name, TensorProto.Types.DataType type, IReadOnlyList<GraphArgument.Integer> shape, ExportOptions options)
    {
        var proto = new TensorShapeProto();
        foreach (GraphArgument.Integer length in shape)
        {
            proto.Dim.Add(length.PerImage != 0 && options.Batch is null
                ? new TensorShapeProto.Types.Dimension { DimParam = Batch }
                : new TensorShapeProto.Types.Dimension { DimValue = length.For(options.Batch ?? 0) });
        }

        return new ValueInfoProto
        {
            Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = proto } },
        };
    }

    // The first version of the file format that knows the operator set.
    private static int IrVersion(int opset) => opset switch
    {
        13 or 14 => 7,
        _ => 8,
    };
}
