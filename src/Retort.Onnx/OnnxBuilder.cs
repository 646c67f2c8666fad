using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Retort.Onnx.Format;
using Retort.Torch;
using Retort.Torch.Graphs;

namespace Retort.Onnx;

/// <summary>Collects the nodes and constants of an ONNX graph, and names them: after the module's path where there is one.</summary>
/// <param name="graph">What is written.</param>
/// <param name="options">How.</param>
internal sealed class OnnxBuilder(Graph graph, ExportOptions options)
{
    private readonly Dictionary<int, string> _names = [];
    private readonly Dictionary<string, int> _used = [];
    private readonly Dictionary<string, string> _constants = [];
    private string _path = "";

    /// <summary>The ONNX graph so far.</summary>
    public GraphProto Result { get; } = new();

    /// <summary>How the network is written.</summary>
    public ExportOptions Options => options;

    /// <summary>Type of the numbers that are computed with.</summary>
    public TensorProto.Types.DataType FloatType => options.Half ? TensorProto.Types.DataType.Float16 : TensorProto.Types.DataType.Float;

    /// <summary>Nodes that follow belong to the module of a parameter.</summary>
    /// <param name="parameter">Its dotted path; null: they belong where those before did.</param>
    public void Enter(string? parameter)
    {
        if (parameter is not null)
            _path = parameter[..(parameter.LastIndexOf('.') + 1)].TrimEnd('.').Replace('.', '/');
    }

    /// <summary>What is known of a value.</summary>
    public GraphValue About(int value) => graph.Values[value];

    /// <summary>The constant that a value is; null for one that is computed.</summary>
    public Tensor? ConstantOf(int value) => graph.Constants.GetValueOrDefault(value);

    /// <summary>A value's name; a constant is written at its first use.</summary>
    public string NameOf(int value)
    {
        if (_names.TryGetValue(value, out string? name))
            return name;
        if (ConstantOf(value) is not { } constant)
            throw new OnnxExportException($"Value {value} is used before it is computed.");
        return _names[value] = Write(Unique(About(value).Name ?? "constant"), constant);
    }

    /// <summary>Says under which name a value is to be had.</summary>
    public void Bind(int value, string name) => _names[value] = name;

    /// <summary>Adds a node with one output.</summary>
    /// <param name="type">The ONNX operator.</param>
    /// <param name="inputs">Names; an empty one leaves an optional input out.</param>
    /// <param name="attributes">Made by <see cref="OnnxAttribute"/>.</param>
    /// <returns>The output's name.</returns>
    public string Add(string type, IReadOnlyList<string> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        string name = Unique($"{(_path.Length == 0 ? "" : _path + "/")}{type}");
        var node = new NodeProto { Name = name, OpType = type };
        node.Input.AddRange(inputs);
        node.Output.Add(name);
        foreach (AttributeProto attribute in attributes)
            node.Attribute.Add(attribute);
        Result.Node.Add(node);
        return name;
    }

    /// <summary>A list of integers as a constant.</summary>
    public string Integers(params ReadOnlySpan<long> values)
    {
        string key = $"ints {string.Join(' ', values.ToArray())}";
        if (!_constants.TryGetValue(key, out string? name))
        {
            name = Write("shape", [values.Length], TensorProto.Types.DataType.Int64, MemoryMarshal.AsBytes(values));
            _constants.Add(key, name);
        }

        return name;
    }

    /// <summary>A single integer as a constant without dimensions.</summary>
    public string Integer(long value)
    {
        string key = $"int {value.ToString(CultureInfo.InvariantCulture)}";
        if (!_constants.TryGetValue(key, out string? name))
            _constants.Add(key, name = Write("index", [], TensorProto.Types.DataType.Int64, MemoryMarshal.AsBytes<long>([value])));
        return name;
    }

    /// <summary>A number that is computed with, as a constant without dimensions.</summary>
    public string Real(double value)
    {
        string key = $"real {value.ToString("R", CultureInfo.InvariantCulture)}";
        if (!_constants.TryGetValue(key, out string? name))
        {
            using Tensor scalar = Tensor.FromValue((float)value);
            _constants.Add(key, name = Write(Unique("number"), scalar));
        }

        return name;
    }

    /// <summary>An unsigned byte as a constant without dimensions.</summary>
    public string Byte(byte value)
    {
        string key = $"byte {value}";
        if (!_constants.TryGetValue(key, out string? name))
            _constants.Add(key, name = Write("byte", [], TensorProto.Types.DataType.Uint8, [value]));
        return name;
    }

    /// <summary>Writes a tensor; floating-point ones in the type that is computed with.</summary>
    /// <returns>The name given.</returns>
    public string Write(string name, Tensor tensor)
    {
        using var noGrad = GradMode.Disable();
        using var scope = new TensorScope();
        Tensor plain = tensor.Detach().To(Device.Cpu);
        if (plain.DType.IsFloatingPoint())
            plain = plain.To(options.Half ? DType.Float16 : DType.Float32);
        plain = plain.Contiguous();
        TensorProto.Types.DataType type = plain.DType switch
        {
            DType.Float32 => TensorProto.Types.DataType.Float,
            DType.Float16 => TensorProto.Types.DataType.Float16,
            DType.UInt8 => TensorProto.Types.DataType.Uint8,
            DType.Int8 => TensorProto.Types.DataType.Int8,
            DType.Int32 => TensorProto.Types.DataType.Int32,
            DType.Int64 => TensorProto.Types.DataType.Int64,
            DType.Bool => TensorProto.Types.DataType.Bool,
            _ => throw new OnnxExportException($"The constant {name} has the type {plain.DType}, which is not written."),
        };
        Result.Initializer.Add(new TensorProto
        {
            Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(plain.DenseBytes(0, checked((int)(plain.Count * plain.DType.Size())))),
            Dims = { plain.Shape },
        });
        return name;
    }

    /// <summary>A name that nothing has yet.</summary>
    public string Unique(string name)
    {
        int count = _used[name] = _used.GetValueOrDefault(name) + 1;
        return count == 1 ? name : Unique(string.Create(CultureInfo.InvariantCulture, $"{name}_{count}"));
    }

    private string Write(string hint, ReadOnlySpan<long> shape, TensorProto.Types.DataType type, ReadOnlySpan<byte> data)
    {
        string name = Unique(hint);
        Result.Initializer.Add(new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(data), Dims = { shape.ToArray() } });
        return name;
    }
}
