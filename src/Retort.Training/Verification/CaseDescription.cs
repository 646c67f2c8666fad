using System.Text.Json;
using Retort.Distillation.Options;
using Retort.Torch.Serialization;

namespace Retort.Training.Verification;

/// <summary>The JSON that describes a golden case.</summary>
/// <param name="path">The file, for messages.</param>
/// <param name="json">An object.</param>
internal sealed class CaseDescription(string path, JsonElement json)
{
    public string Kind => Text("kind");

    public string Text(string key) => TextOr(key, null) ?? throw Wrong(key, "is missing");

    public string? TextOr(string key, string? otherwise) => !TryGet(key, out JsonElement value) ? otherwise
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Wrong(key, "is no text");

    public int Count(string key) =>
        TryGet(key, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int count) && count > 0
            ? count
            : throw Wrong(key, "is missing or no whole number above 0");

    /// <summary>The texts of a list; null where there is none.</summary>
    public IReadOnlyList<string>? Texts(string key) => List(key, item =>
        item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Wrong(key, "holds something else than texts"));

    /// <summary>The shapes of a list; null where there is none.</summary>
    public IReadOnlyList<long[]>? Shapes(string key) => List(key, item =>
        item.ValueKind == JsonValueKind.Array && item.EnumerateArray().All(n => n.ValueKind == JsonValueKind.Number && n.TryGetInt64(out _))
            ? item.EnumerateArray().Select(n => n.GetInt64()).ToArray()
            : throw Wrong(key, "holds something else than shapes"));

    /// <summary>Options by name; none where the key is absent.</summary>
    public OptionMapping Options(string key) => !TryGet(key, out JsonElement value) ? OptionMapping.Empty
        : OptionNode.FromJson(value, path) as OptionMapping ?? throw Wrong(key, "is no map of options");

    /// <summary>Numbers by name; none where the key is absent.</summary>
    public IReadOnlyDictionary<string, double> Numbers(string key)
    {
        var numbers = new OrderedDictionary<string, double>();
        if (!TryGet(key, out JsonElement map))
            return numbers;
        if (map.ValueKind != JsonValueKind.Object)
            throw Wrong(key, "is no map of numbers");
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            numbers[entry.Name] = entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetDouble(out double number)
                ? number
                : throw Wrong($"{key}.{entry.Name}", "is no number");
        }

        return numbers;
    }

    /// <summary>What an error may be: "loss", "grad", "output", "floor"; the least of the format where the case does not say.</summary>
    public double Tolerance(string of) => Numbers("tolerance").TryGetValue(of, out double given) ? given : of switch
    {
        "floor" => 1e-7,
        "loss" => 1e-5,
        _ => 1e-4,
    };

    /// <summary>Whether modules are in training mode.</summary>
    /// <param name="otherwise">Where the case does not say.</param>
    public bool IsTraining(string otherwise) => TextOr("mode", otherwise) switch
    {
        "train" => true,
        "eval" => false,
        var mode => throw new UnknownInCaseException("mode", mode ?? "", ["train", "eval"]),
    };

    public CheckpointException Wrong(string key, string what) => new(path, $"\"{key}\" of the case {what}; make the case anew.");

    /// <summary>What is wrong where a method cannot compute with a case's tensors.</summary>
    /// <param name="absent">Tensors that a method may read and the case does not have.</param>
    /// <param name="fault">What stopped it.</param>
    public CheckpointException Misfit(IReadOnlyList<string> absent, Exception fault) => new(
        path, $"the method cannot compute with the tensors of the case{(absent.Count == 0 ? "" : $", which has no {string.Join(", ", absent)}")}: {fault.Message}");

    // A null says as much as an absent key.
    private bool TryGet(string key, out JsonElement value) => json.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;

    private List<T>? List<T>(string key, Func<JsonElement, T> read)
    {
        if (!TryGet(key, out JsonElement value))
            return null;
        return value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(read)] : throw Wrong(key, "is no list");
    }
}
