using System.Text.Json;

namespace Retort.Torch.Serialization;

/// <summary>
/// The index of a state that is spread over several <c>.safetensors</c> files (shards): which of them holds which tensor. Shards lie beside
/// it; an index names files, never paths.
/// </summary>
internal sealed class SafetensorsIndex
{
    public const string MapKey = "weight_map", MetadataKey = "metadata";

    private const int MostBytes = 32 << 20, MostShards = 4096, DeepestJson = 8;

    private readonly CheckpointSource _source;
    private readonly OrderedDictionary<string, SafetensorsTensor> _tensors = [];
    private readonly Dictionary<string, string> _metadata = [];
    private readonly List<SafetensorsFile> _shards = [];

    private SafetensorsIndex(CheckpointSource source) => _source = source;

    /// <summary>All tensors, in the order of the index.</summary>
    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors => _tensors;

    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>The open shards; who reads the index closes them.</summary>
    public IReadOnlyList<SafetensorsFile> Shards => _shards;

    /// <summary>Reads an index and opens its shards.</summary>
    /// <exception cref="CheckpointException">The index or a shard cannot be read, or they do not agree.</exception>
    public static SafetensorsIndex Read(CheckpointSource source)
    {
        var index = new SafetensorsIndex(source);
        try
        {
            index.Open(index.Parse());
            return index;
        }
        catch
        {
            foreach (SafetensorsFile shard in index._shards)
                shard.Dispose();
            throw;
        }
    }

    private OrderedDictionary<string, string> Parse()
    {
        if (_source.Length > MostBytes)
            throw _source.Fault($"the index has {_source.Length} bytes, at most {MostBytes} are read; check that it is the right file.");
        byte[] text = new byte[(int)_source.Length];
        _source.Read(0, text);
        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = DeepestJson });
            if (!json.RootElement.TryGetProperty(MapKey, out JsonElement map) || map.ValueKind != JsonValueKind.Object)
                throw _source.Fault($"this JSON file has no \"{MapKey}\", so it is no index of .safetensors files; check the path.");
            if (json.RootElement.TryGetProperty(MetadataKey, out JsonElement metadata) && metadata.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty entry in metadata.EnumerateObject())
                    _metadata[entry.Name] = entry.Value.ToString();
            }

            OrderedDictionary<string, string> shards = [];
            foreach (JsonProperty entry in map.EnumerateObject())
            {
                if (entry.Value.ValueKind != JsonValueKind.String || !shards.TryAdd(entry.Name, entry.Value.GetString()!))
                    throw _source.Fault($"the index names \"{entry.Name}\" twice, or not with the name of a file; write it again.");
            }

            return shards;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw _source.Fault($"this is not the JSON of an index of .safetensors files ({e.Message.TrimEnd('.')}); check the path.", e);
        }
    }

    private void Open(OrderedDictionary<string, string> map)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(_source.Path))!;
        string[] names = [.. map.Values.Distinct()];
        if (names.Length > MostShards)
            throw _source.Fault($"the index names {names.Length} files, at most {MostShards} are read; write fewer, larger ones.");
        if (Array.Find(names, name => !IsFileName(name)) is { } path)
            throw _source.Fault($"the index names \"{path}\", but may name only .safetensors files beside it; do not trust this file.");
        string[] missing = [.. names.Where(name => !File.Exists(Path.Combine(folder, name)))];
        if (missing.Length > 0)
        {
            throw _source.Fault(
                $"{missing.Length} of the {names.Length} files that it names are missing: {string.Join(", ", missing.Take(5))}"
                + $"{(missing.Length > 5 ? ", …" : "")}; put them beside it.");
        }

        Dictionary<string, SafetensorsFile> shards = [];
        foreach (string name in names)
        {
            SafetensorsFile shard = SafetensorsFile.Open(Path.Combine(folder, name));
            _shards.Add(shard);
            shards.Add(name, shard);
            if (shard.Tensors.Keys.FirstOrDefault(tensor => map.GetValueOrDefault(tensor) != name) is { } foreign)
                throw _source.Fault($"{name} holds a tensor \"{foreign}\" that the index does not have there; the files do not belong together: copy them again.");
        }

        foreach ((string tensor, string name) in map)
        {
            _tensors[tensor] = shards[name].Tensors.GetValueOrDefault(tensor)
                ?? throw _source.Fault($"{name} holds no tensor \"{tensor}\", which the index has there; the files do not belong together: copy them again.");
        }
    }

    private static bool IsFileName(string name) =>
        name.EndsWith(".safetensors", StringComparison.Ordinal) && !name.StartsWith('.') && name.AsSpan().IndexOfAny('/', '\\', '\0') < 0;
}
