using System.Text.Json;
using Retort.Torch;
using Retort.Torch.Serialization;

namespace Retort.Training.Verification;

/// <summary>An open golden case: its description, and its tensors by name.</summary>
internal sealed class GoldenCase : IDisposable
{
    /// <summary>Prefix of the tensors that hold what must come out.</summary>
    public const string Expectation = "expect.";

    private const string DescriptionKey = "case";

    private readonly SafetensorsFile _file;

    private GoldenCase(string path, SafetensorsFile file, CaseDescription description) =>
        (Path, _file, Description) = (path, file, description);

    public string Path { get; }

    public CaseDescription Description { get; }

    /// <summary>Names of all tensors, in the order of the file.</summary>
    public IEnumerable<string> Names => _file.Tensors.Keys;

    public static GoldenCase Open(string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        try
        {
            if (!file.Metadata.TryGetValue(DescriptionKey, out string? text))
                throw new CheckpointException(path, $"its header has no __metadata__.{DescriptionKey}; this is no golden case.");
            using JsonDocument json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? new GoldenCase(path, file, new CaseDescription(path, json.RootElement.Clone()))
                : throw new CheckpointException(path, "the description of the case is no JSON object; make the case anew.");
        }
        catch (JsonException e)
        {
            file.Dispose();
            throw new CheckpointException(path, $"the description of the case is not JSON ({e.Message.TrimEnd('.')}); make the case anew.", e);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public bool Has(string name) => _file.Tensors.ContainsKey(name);

    /// <summary>Reads a tensor, owned by the current scope.</summary>
    public Tensor Load(string name) => _file.Load(name);

    /// <summary>What follows a prefix, of the tensors that have it, in the order of the file.</summary>
    public IReadOnlyList<string> NamesAfter(string prefix) =>
        [.. Names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => name[prefix.Length..])];

    /// <summary>Reads the tensors with a prefix, by what follows it; owned by the current scope.</summary>
    public Dictionary<string, Tensor> LoadAfter(string prefix) =>
        NamesAfter(prefix).ToDictionary(name => name, name => Load(prefix + name));

    /// <summary>Compares a tensor with the expected one of a name.</summary>
    /// <param name="name">After "expect.".</param>
    /// <param name="ours">What came out.</param>
    /// <param name="tolerance">Key of the tolerance: "loss", "grad", "output".</param>
    public Check Compare(string name, Tensor ours, string tolerance)
    {
        using Tensor expected = Load(Expectation + name);
        return Check.Compare(name, ours, expected, Description.Tolerance(tolerance), Description.Tolerance("floor"));
    }

    public void Dispose() => _file.Dispose();
}
