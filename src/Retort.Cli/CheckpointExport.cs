using System.Globalization;
using System.Text.Json;
using Retort.Onnx;
using Retort.Torch.Networks;
using Retort.Training.Checkpoints;
using Retort.Training.Runs;

namespace Retort.Cli;

/// <summary>Writes saved weights as an ONNX model that says of itself what their file says.</summary>
internal static class CheckpointExport
{
    /// <summary>Writes a network.</summary>
    /// <param name="network">With its weights.</param>
    /// <param name="card">What is known of it.</param>
    /// <param name="options">How; preprocessing and metadata are filled in.</param>
    /// <param name="withPreprocessing">Whether the model normalises its input itself.</param>
    /// <param name="path">The file; it is replaced as a whole.</param>
    public static ExportResult Write(Network network, NetworkCard card, ExportOptions options, bool withPreprocessing, string path)
    {
        ExportResult? result = null;
        options = options with { Preprocessing = withPreprocessing ? card.Normalization : null, Metadata = Describe(card) };
        AtomicFile.Write(path, stream => result = OnnxExporter.Export(network, card.ImageSize, card.ImageSize, options, stream));
        return result!;
    }

    private static Dictionary<string, string> Describe(NetworkCard card)
    {
        Dictionary<string, string> facts = new()
        {
            ["model"] = card.Model,
            ["classes"] = JsonSerializer.Serialize(card.Classes),
            ["mean"] = JsonSerializer.Serialize(card.Normalization.Mean),
            ["std"] = JsonSerializer.Serialize(card.Normalization.Deviation),
            ["image_size"] = card.ImageSize.ToString(CultureInfo.InvariantCulture),
        };
        if (card.Accuracy is { } accuracy)
            facts["test_top1"] = accuracy.ToString("R", CultureInfo.InvariantCulture);
        foreach ((string key, string value) in card.Training)
            facts[$"training.{key}"] = value;
        return facts;
    }
}
