using Retort.Onnx.Format;
using Retort.Onnx.Quantization;
using Retort.Torch.Graphs;

namespace Retort.Onnx;

/// <summary>How each operator of libtorch is written in ONNX. An operator that works in place is written as the one that does not.</summary>
internal static class OperatorTable
{
    private const int FirstWithLayerNorm = 17;

    private static readonly Dictionary<string, Func<OperatorCall, string>> Writers = new()
    {
        ["conv2d"] = Convolution,
        ["linear"] = Linear,
        ["matmul"] = call => call.To.Add("MatMul", [call.Input(0), call.Input(1)]),
        ["batch_norm"] = BatchNorm,
        ["layer_norm"] = LayerNorm,
        ["relu"] = call => call.To.Add("Relu", [call.Input(0)]),
        ["relu6"] = call => call.To.Add("Clip", [call.Input(0), call.To.Real(0), call.To.Real(6)]),
        ["hardtanh"] = call => call.To.Add("Clip", [call.Input(0), call.To.Real(call.Real(1, -1)), call.To.Real(call.Real(2, 1))]),
        ["prelu"] = call => call.To.Add("PRelu", [call.Input(0), Slopes(call)]),
        ["sign"] = call => call.To.Add("Sign", [call.Input(0)]),
        ["leaky_relu"] = call => call.To.Add("LeakyRelu", [call.Input(0)], OnnxAttribute.Of("alpha", call.Real(1, 0.01))),
        ["sigmoid"] = call => call.To.Add("Sigmoid", [call.Input(0)]),
        ["silu"] = call => call.To.Add("Mul", [call.Input(0), call.To.Add("Sigmoid", [call.Input(0)])]),
        ["tanh"] = call => call.To.Add("Tanh", [call.Input(0)]),
        ["gelu"] = Gelu,
        ["softmax"] = call => call.To.Add("Softmax", [call.WithoutCast(2).Input(0)], OnnxAttribute.Of("axis", call.Dimension(1, call.Rank(0)))),
        ["add"] = call => Scaled(call, "Add"),
        ["sub"] = call => Scaled(call, "Sub"),
        ["mul"] = call => call.To.Add("Mul", [call.Input(0), call.Input(1)]),
        ["div"] = call => call.Has(2) ? throw call.Unfit(2) : call.To.Add("Div", [call.Input(0), call.Input(1)]),
        ["mean"] = call => call.To.Add("ReduceMean", [call.WithoutCast(3).Input(0)], OnnxAttribute.Of("axes", Dimensions(call, 1)), OnnxAttribute.Of("keepdims", call.Flag(2))),
        ["avg_pool2d"] = AveragePool,
        ["max_pool2d"] = MaxPool,
        ["adaptive_avg_pool2d"] = call => call.Integers(1) is [1, 1] ? call.To.Add("GlobalAveragePool", [call.Input(0)]) : throw call.Unfit(1),
        ["cat"] = call => call.To.Add("Concat", call.Inputs(0), OnnxAttribute.Of("axis", call.Dimension(1, call.ResultShape.Count))),
        ["flatten"] = Reshape,
        ["reshape"] = Reshape,
        ["view"] = Reshape,
        ["permute"] = call => Transpose(call, [.. Dimensions(call, 1)]),
        ["transpose"] = Swap,
        ["select"] = call => call.To.Add(
            "Gather", [call.Input(0), call.To.Integer(call.Integer(2, 0))], OnnxAttribute.Of("axis", call.Dimension(1, call.Rank(0)))),
        ["slice"] = Slice,
        ["expand"] = call => call.To.Add("Expand", [call.Input(0), Shape(call)]),
        ["dropout"] = call => call.Flag(2) ? throw call.Unfit(2) : call.Input(0),
        ["clone"] = call => call.Input(0),
        ["contiguous"] = call => call.Input(0),
        ["detach"] = call => call.Input(0),
        ["fake_quantize_per_tensor_affine"] = QuantizedOperators.Activation,
        ["fake_quantize_per_channel_affine"] = QuantizedOperators.Constant,
    };

    /// <summary>Writes an operator.</summary>
    /// <param name="node">The operator.</param>
    /// <param name="to">Where it is written.</param>
    /// <param name="near">Where in the network it is, for messages.</param>
    /// <returns>Name of its result.</returns>
    /// <exception cref="OnnxExportException">It is not in the table, or called in a way that ONNX does not have.</exception>
    public static string Write(GraphNode node, OnnxBuilder to, string near)
    {
        string name = node.Operator.Name["aten::".Length..].TrimEnd('_');
        return Writers.TryGetValue(name, out var writer)
            ? writer(new OperatorCall(node, to, near))
            : throw new OnnxExportException(
                $"The operator {node.Operator.Name} ({near}) has no counterpart in Retort's table of ONNX operators: compute it by others, or leave it out of the network.");
    }

    private static string Convolution(OperatorCall call)
    {
        long[] stride = Two(call.Integers(3), 1), padding = Two(call.Integers(4), 0), dilation = Two(call.Integers(5), 1);
        IReadOnlyList<long> kernel = call.FixedShape(1);
        return call.To.Add(
            "Conv", call.Has(2) ? [call.Input(0), call.Input(1), call.Input(2)] : [call.Input(0), call.Input(1)],
            OnnxAttribute.Of("kernel_shape", kernel.Skip(2)), OnnxAttribute.Of("strides", stride), OnnxAttribute.Of("pads", [.. padding, .. padding]),
            OnnxAttribute.Of("dilations", dilation), OnnxAttribute.Of("group", call.Integer(6, 1)));
    }

    private static string Linear(OperatorCall call)
    {
        if (call.Rank(0) == 2)
        {
            return call.To.Add(
                "Gemm", call.Has(2) ? [call.Input(0), call.Input(1), call.Input(2)] : [call.Input(0), call.Input(1)], OnnxAttribute.Of("transB", 1L));
        }

        string product = call.To.Add("MatMul", [call.Input(0), call.To.Add("Transpose", [call.Input(1)], OnnxAttribute.Of("perm", [1, 0]))]);
        return call.Has(2) ? call.To.Add("Add", [product, call.Input(2)]) : product;
    }

    private static string BatchNorm(OperatorCall call) => call.Flag(5) || !call.Has(1) || !call.Has(2) || !call.Has(3)
        ? throw call.Unfit(5)
        : call.To.Add(
            "BatchNormalization", [call.Input(0), call.Input(1), call.Input(2), call.Input(3), call.Input(4)], OnnxAttribute.Of("epsilon", call.Real(7, 1e-5)));

    private static string LayerNorm(OperatorCall call)
    {
        int normalized = call.Integers(1).Length;
        double epsilon = call.Real(4, 1e-5);
        if (call.To.Options.Opset >= FirstWithLayerNorm && call.Has(2) && call.Has(3))
        {
            return call.To.Add(
                "LayerNormalization", [call.Input(0), call.Input(2), call.Input(3)],
                OnnxAttribute.Of("axis", (long)-normalized), OnnxAttribute.Of("epsilon", epsilon));
        }

        AttributeProto[] over = [OnnxAttribute.Of("axes", Enumerable.Range(1, normalized).Select(back => (long)-back)), OnnxAttribute.Of("keepdims", value: true)];
        string centred = call.To.Add("Sub", [call.Input(0), call.To.Add("ReduceMean", [call.Input(0)], over)]);
        string variance = call.To.Add("ReduceMean", [call.To.Add("Mul", [centred, centred])], over);
        string result = call.To.Add("Div", [centred, call.To.Add("Sqrt", [call.To.Add("Add", [variance, call.To.Real(epsilon)])])]);
        if (call.Has(2))
            result = call.To.Add("Mul", [result, call.Input(2)]);
        return call.Has(3) ? call.To.Add("Add", [result, call.Input(3)]) : result;
    }

    // One for each channel; ONNX aligns shapes at their ends.
    private static string Slopes(OperatorCall call)
    {
        long[] shape = [call.FixedShape(1)[0], .. Enumerable.Repeat(1L, Math.Max(0, call.Rank(0) - 2))];
        return call.To.Add("Reshape", [call.Input(1), call.To.Integers(shape)]);
    }

    // x · Φ(x), with Φ(x) = (1 + erf(x / √2)) / 2, or about (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2
    private static string Gelu(OperatorCall call)
    {
        string x = call.Input(0);
        string distribution = call.Text(1, "none") == "tanh"
            ? call.To.Add("Tanh", [call.To.Add("Mul", [
                call.To.Add("Add", [x, call.To.Add("Mul", [call.To.Add("Mul", [call.To.Add("Mul", [x, x]), x]), call.To.Real(0.044715)])]),
                call.To.Real(Math.Sqrt(2 / Math.PI))])])
            : call.To.Add("Erf", [call.To.Add("Div", [x, call.To.Real(Math.Sqrt(2))])]);
        string twice = call.To.Add("Mul", [x, call.To.Add("Add", [distribution, call.To.Real(1)])]);
        return call.To.Add("Mul", [twice, call.To.Real(0.5)]);
    }

    private static string Scaled(OperatorCall call, string type)
    {
        double alpha = call.Real(2, 1);
        string second = alpha == 1 ? call.Input(1) : call.To.Add("Mul", [call.Input(1), call.To.Real(alpha)]);
        return call.To.Add(type, [call.Input(0), second]);
    }

    private static string AveragePool(OperatorCall call)
    {
        long[] kernel = Two(call.Integers(1), 1), stride = call.Has(2) ? Two(call.Integers(2), 1) : kernel, padding = Two(call.Integers(3), 0);
        return call.Has(6) ? throw call.Unfit(6) : call.To.Add(
            "AveragePool", [call.Input(0)], OnnxAttribute.Of("kernel_shape", kernel), OnnxAttribute.Of("strides", stride),
            OnnxAttribute.Of("pads", [.. padding, .. padding]), OnnxAttribute.Of("ceil_mode", call.Flag(4)), OnnxAttribute.Of("count_include_pad", !call.Has(5) || call.Flag(5)));
    }

    private static string MaxPool(OperatorCall call)
    {
        long[] kernel = Two(call.Integers(1), 1), stride = call.Has(2) ? Two(call.Integers(2), 1) : kernel, padding = Two(call.Integers(3), 0);
        return call.To.Add(
            "MaxPool", [call.Input(0)], OnnxAttribute.Of("kernel_shape", kernel), OnnxAttribute.Of("strides", stride),
            OnnxAttribute.Of("pads", [.. padding, .. padding]), OnnxAttribute.Of("dilations", Two(call.Integers(4), 1)), OnnxAttribute.Of("ceil_mode", call.Flag(5)));
    }

    private static string Swap(OperatorCall call)
    {
        long[] order = [.. Enumerable.Range(0, call.Rank(0)).Select(i => (long)i)];
        (long a, long b) = (call.Dimension(1, order.Length), call.Dimension(2, order.Length));
        (order[a], order[b]) = (b, a);
        return Transpose(call, order);
    }

    private static string Transpose(OperatorCall call, long[] order) => call.To.Add("Transpose", [call.Input(0)], OnnxAttribute.Of("perm", order));

    private static string Slice(OperatorCall call)
    {
        long end = call.Integer(3, long.MaxValue);
        return call.To.Add("Slice", [
            call.Input(0), call.To.Integers(call.Integer(2, 0)), call.To.Integers(end), call.To.Integers(call.Dimension(1, call.Rank(0))),
            call.To.Integers(call.Integer(4, 1))]);
    }

    private static string Reshape(OperatorCall call)
    {
        // One dimension may be left to be found out: that which grows with the batch.
        long[] shape = [.. call.ResultShape.Select(length => length.PerImage == 0 ? length.Base : -1)];
        return shape.Count(length => length == -1) > 1 ? throw call.Unfit(1) : call.To.Add("Reshape", [call.Input(0), call.To.Integers(shape)]);
    }

    /// <summary>The shape of the result as a value; what grows with the batch is computed from the input's.</summary>
    private static string Shape(OperatorCall call)
    {
        if (call.ResultShape.All(length => length.PerImage == 0))
            return call.To.Integers([.. call.ResultShape.Select(length => length.Base)]);
        if (call.ResultShape.Any(length => length.PerImage != 0 && length != new GraphArgument.Integer(0, 1)))
            throw call.Unfit(1);
        string batch = call.To.Add("Gather", [call.To.Add("Shape", [OnnxExporter.Images]), call.To.Integers(0)], OnnxAttribute.Of("axis", 0L));
        return call.To.Add(
            "Concat", [.. call.ResultShape.Select(length => length.PerImage == 0 ? call.To.Integers(length.Base) : batch)], OnnxAttribute.Of("axis", 0L));
    }

    private static IEnumerable<long> Dimensions(OperatorCall call, int argument)
    {
        int rank = call.Rank(0);
        return call.Integers(argument).Select(dimension => dimension < 0 ? dimension + rank : dimension);
    }

    private static long[] Two(long[] given, long otherwise) => given.Length switch
    {
        0 => [otherwise, otherwise],
        1 => [given[0], given[0]],
        _ => given,
    };
}
