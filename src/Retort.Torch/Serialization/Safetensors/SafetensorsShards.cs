using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Retort.Torch.Serialization;

/// <summary>Writes a state in several files and their index, named as Hugging Face names them: <c>NAME-00001-of-00003.safetensors</c>.</summary>
internal static class SafetensorsShards
{
    private const string Ending = ".safetensors.index.json", TotalKey = "total_size";

    private static readonly JsonWriterOptions Form = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(
        string index, IEnumerable<KeyValuePair<string, Tensor>> tensors, long mostBytes, IReadOnlyDictionary<string, string>? metadata)
    {
        if (!index.EndsWith(Ending, StringComparison.Ordinal))
            throw new CheckpointException(index, $"the index of several files must be called NAME{Ending}.");
        List<List<KeyValuePair<string, Tensor>>> shards = [];
        long room = 0, total = 0;
        foreach (KeyValuePair<string, Tensor> entry in tensors)
        {
            long bytes = Bytes(entry.Value);
            if (shards.Count == 0 || bytes > room)
            {
                shards.Add([]);
                room = mostBytes;
            }

            shards[^1].Add(entry);
            room -= bytes;
            total += bytes;
        }

        string stem = Path.GetFileName(index)[..^Ending.Length], folder = Path.GetDirectoryName(index) ?? "";
        string[] names = [.. shards.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"{stem}-{i + 1:D5}-of-{shards.Count:D5}.safetensors"))];
        for (int i = 0; i < names.Length; i++)
            Safetensors.Write(Path.Combine(folder, names[i]), shards[i]);
        // The last: whoever finds the index finds all of it.
        using FileStream stream = File.Create(index);
        using var json = new Utf8JsonWriter(stream, Form);
        json.WriteStartObject();
        json.WriteStartObject(SafetensorsIndex.MetadataKey);
        json.WriteNumber(TotalKey, total);
        foreach ((string key, string value) in metadata ?? new Dictionary<string, string>())
            json.WriteString(key, value);
        json.WriteEndObject();
        json.WriteStartObject(SafetensorsIndex.MapKey);
        foreach ((List<KeyValuePair<string, Tensor>> shard, string name) in shards.Zip(names))
        {
            foreach ((string tensor, _) in shard)
                json.WriteString(tensor, name);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static long Bytes(Tensor tensor) => tensor.Count * tensor.DType.Size();
}
