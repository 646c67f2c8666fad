using System.Text.Json;
using System.Text.Json.Serialization;
using Retort.Training.Runs;

namespace Retort.Training.DryRuns;

/// <summary>A run's <c>dry-run.json</c>, from which a resumed run's report takes it.</summary>
internal static class DryRunFile
{
    public static void Write(string path, DryRunResult result) =>
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, result, DryRunJson.Default.DryRunResult));

    /// <summary>Reads what was written; null where there is no file.</summary>
    public static DryRunResult? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), DryRunJson.Default.DryRunResult);
        }
        catch (JsonException e)
        {
            throw new RetortException($"{path}: the file is damaged ({e.Message.TrimEnd('.')}): delete it.", e);
        }
    }
}

// A term that is no number must not keep the rest from being told: it is written as "NaN".
[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(DryRunResult))]
internal sealed partial class DryRunJson : JsonSerializerContext;
