using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

namespace Retort.Torch.Serialization;

/// <summary>Reads the header of a <c>.safetensors</c> file. Nothing in it is believed before it agrees with the file's size.</summary>
internal sealed class SafetensorsHeader
{
    private const int LengthBytes = 8;
    private const int MostBytes = 100_000_000; // as the reference implementation
    private const int DeepestJson = 8;         // valid headers need 4

    private readonly CheckpointSource _source;
    private readonly OrderedDictionary<string, SafetensorsTensor> _tensors = [];
    private readonly Dictionary<string, string> _metadata = [];
    private long _dataStart;

    private SafetensorsHeader(CheckpointSource source) => _source = source;

    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors => _tensors;

    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    public static SafetensorsHeader Read(CheckpointSource source)
    {
        var header = new SafetensorsHeader(source);
        byte[] text = header.Text();
        try
        {
            header.Parse(text);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escape sequence that is half of a character.
            throw source.Fault($"the header is not the JSON of a .safetensors file ({e.Message.TrimEnd('.')}); write the file again.", e);
        }

        header.CheckExtents();
        return header;
    }

    private byte[] Text()
    {
        if (_source.Length < LengthBytes)
            throw _source.Fault($"the file has only {_source.Length} bytes, less than the length of a header; it is cut off: copy it again.");
        Span<byte> prefix = stackalloc byte[LengthBytes];
        _source.Read(0, prefix);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)(_source.Length - LengthBytes))
        {
            throw _source.Fault(
                $"the header claims {length} bytes, the file has {_source.Length}; it is cut off or no .safetensors file: copy it again.");
        }

        if (length > MostBytes)
            throw _source.Fault($"the header claims {length} bytes, at most {MostBytes} are allowed; write the file again.");
        byte[] text = new byte[(int)length];
        _source.Read(LengthBytes, text);
        _dataStart = LengthBytes + (long)length;
        if (text.Length == 0 || text[0] != (byte)'{')
            throw _source.Fault("the header does not begin with a brace; this is no .safetensors file: check the path.");
        if (!Utf8.IsValid(text))
            throw _source.Fault("the header is not valid UTF-8; write the file again.");
        return text;
    }

    private void Parse(byte[] text)
    {
        var json = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = DeepestJson });
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            json.Read();
            if (name == Safetensors.MetadataName)
                ParseMetadata(ref json);
            else if (!_tensors.TryAdd(name, ParseTensor(ref json, name)))
                throw _source.Fault($"two tensors are named \"{name}\"; write the file again.");
        }

        json.Read(); // nothing but white space may follow
    }

    private void ParseMetadata(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject || _metadata.Count > 0)
            throw _source.Fault($"{Safetensors.MetadataName} is not one map of texts; write the file again.");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string key = json.GetString()!;
            json.Read();
            if (json.TokenType != JsonTokenType.String || !_metadata.TryAdd(key, json.GetString()!))
                throw _source.Fault($"{Safetensors.MetadataName} holds \"{key}\" twice or not as a text; write the file again.");
        }
    }

    private SafetensorsTensor ParseTensor(ref Utf8JsonReader json, string name)
    {
        if (json.TokenType != JsonTokenType.StartObject)
            throw Fault(name, "is not described by an object");
        string? type = null;
        List<long>? shape = null, offsets = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string key = json.GetString()!;
            json.Read();
            switch (key)
            {
                case "dtype" when type is null && json.TokenType == JsonTokenType.String:
                    type = json.GetString();
                    break;
                case "shape" when shape is null:
                    shape = ParseNumbers(ref json, name, key);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ParseNumbers(ref json, name, key);
                    break;
                default:
                    throw Fault(name, $"has \"{key}\" where one each of dtype, shape and data_offsets is allowed");
            }
        }

        if (type is null || shape is null || offsets is null)
            throw Fault(name, "lacks dtype, shape or data_offsets");
        return Check(name, type, shape, offsets);
    }

    private List<long> ParseNumbers(ref Utf8JsonReader json, string name, string key)
    {
        if (json.TokenType != JsonTokenType.StartArray)
            throw Fault(name, $"has a {key} that is no list");
        List<long> numbers = [];
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out long number) || number < 0)
                throw Fault(name, $"has a {key} with something else than a number from 0 to {long.MaxValue}");
            numbers.Add(number);
        }

        return numbers;
    }

    private SafetensorsTensor Check(string name, string type, List<long> shape, List<long> offsets)
    {
        if (SafetensorsTypes.Parse(type) is not { } dtype)
            throw Fault(name, $"has dtype {type}; Retort reads {SafetensorsTypes.Known}", "convert it first");
        if (shape.Count > SavedShape.MostDimensions)
            throw Fault(name, $"has {shape.Count} dimensions, at most {SavedShape.MostDimensions} are allowed");
        if (SavedShape.Count(shape) is not { } count)
            throw Fault(name, $"has shape {SavedShape.Text(shape)}, more elements than can be counted");
        long size = _source.Length - _dataStart;
        if (offsets.Count != 2 || offsets[0] > offsets[1] || offsets[1] > size)
        {
            throw Fault(
                name, $"has data_offsets {SavedShape.Text(offsets)}, which do not lie in the {size} bytes of data", "the file may be cut off: copy it again");
        }

        long length = offsets[1] - offsets[0];
        if (count * dtype.Size() != length)
            throw Fault(name, $"is {type} {SavedShape.Text(shape)}, {count * dtype.Size()} bytes, but has {length} bytes of data");
        return new SafetensorsTensor(_source, dtype, [.. shape], _dataStart + offsets[0], length);
    }

    /// <summary>The tensors must fill the data without overlap and without gaps.</summary>
    private void CheckExtents()
    {
        long end = _dataStart;
        foreach (var (name, tensor) in _tensors.OrderBy(t => t.Value.Offset).ThenBy(t => t.Value.Length))
        {
            if (tensor.Offset != end)
                throw Fault(name, tensor.Offset < end ? "overlaps another one" : $"begins {tensor.Offset - end} bytes after the one before it");
            end += tensor.Length;
        }

        if (end != _source.Length)
            throw _source.Fault($"{_source.Length - end} bytes at the end belong to no tensor; the file is damaged: write it again.");
    }

    private CheckpointException Fault(string name, string what, string remedy = "write the file again") =>
        _source.Fault($"tensor \"{(name.Length > 100 ? name[..100] + "…" : name)}\" {what}; {remedy}.");
}
