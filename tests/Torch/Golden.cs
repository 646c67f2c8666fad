using System.Text.Json;
using Retort.Torch;

namespace Retort.Tests.Torch;

/// <summary>Reference numbers of PyTorch; oracle/golden.py made them. A missing file or case is an error.</summary>
internal static class Golden
{
    public static JsonElement Read(string file)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Torch", "Golden", file + ".json");
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }

    public static Tensor Tensor(this JsonElement saved)
    {
        long[] shape = [.. saved.GetProperty("shape").EnumerateArray().Select(e => e.GetInt64())];
        var data = saved.GetProperty("data").EnumerateArray();
        return saved.GetProperty("type").GetString() switch
        {
            "Float32" => Retort.Torch.Tensor.From<float>([.. data.Select(e => e.GetSingle())], shape),
            "Int64" => Retort.Torch.Tensor.From<long>([.. data.Select(e => e.GetInt64())], shape),
            var type => throw new InvalidDataException($"Tensors of type {type} are not expected in golden files."),
        };
    }

    public static Tensor Tensor(this JsonElement saved, string name) => saved.GetProperty(name).Tensor();

    public static Dictionary<string, Tensor> Tensors(this JsonElement saved) =>
        saved.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.Tensor());
}
