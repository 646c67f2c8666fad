using System.Globalization;
using System.Text.Json;
using Retort.Torch.Graphs;
using Retort.Torch.Networks;
using Retort.Training.Checkpoints;
using Retort.Training.Runs;
using Retort.Vision.Models;

namespace Retort.Onnx;

/// <summary>Writes saved weights as an ONNX model that says of itself what their file says.</summary>
public static class CheckpointExport
{
    /// <summary>Writes a network.</summary>
    /// <param name="checkpoint">Where its weights are from: a run's recipe becomes part of the metadata.</param>
    /// <param name="network">With its weights.</param>
    /// <param name="card">What is known of it.</param>
    /// <param name="options">How; preprocessing is filled in, and what the card says is added to the metadata.</param>
    /// <param name="withPreprocessing">Whether the model normalises its input itself.</param>
    /// <param name="path">The file; it is replaced as a whole.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="OnnxExportException">An operator has no counterpart in ONNX.</exception>
    public static ExportResult Write(
        string checkpoint, Network network, NetworkCard card, ExportOptions options, bool withPreprocessing, string path)
    {
        ExportResult? result = null;
        AtomicFile.Write(path, stream => result = Write(checkpoint, network, card, options, withPreprocessing, stream));
        return result!;
    }

    /// <summary>Writes a network to a stream.</summary>
    /// <param name="checkpoint">Where its weights are from: a run's recipe becomes part of the metadata.</param>
    /// <param name="network">With its weights.</param>
    /// <param name="card">What is known of it.</param>
    /// <param name="options">How; preprocessing is filled in, and what the card says is added to the metadata.</param>
    /// <param name="withPreprocessing">Whether the model normalises its input itself.</param>
    /// <param name="to">Where to; stays open.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="OnnxExportException">An operator has no counterpart in ONNX.</exception>
    public static ExportResult Write(
        string checkpoint, Network network, NetworkCard card, ExportOptions options, bool withPreprocessing, Stream to)
    {
        options = options with { Preprocessing = withPreprocessing ? card.Normalization : null, Metadata = Describe(checkpoint, card).Concat(options.Metadata).ToDictionary() };
        return OnnxExporter.Export(network, card.ImageSize, card.ImageSize, options, to);
    }

    /// <summary>Writes the model of saved weights beside their file, with the defaults.</summary>
    /// <param name="checkpoint">A <c>.safetensors</c> file of Retort's.</param>
    /// <param name="models">The models that it may be of.</param>
    /// <param name="reason">Why there is none.</param>
    /// <returns>The model's path; null where the network cannot be written in ONNX.</returns>
    public static string? TryBeside(string checkpoint, ModelRegistry models, out string? reason)
    {
        string path = Path.ChangeExtension(checkpoint, ".onnx");
        (Network network, NetworkCard card) = CheckpointLoader.Open(checkpoint, models);
        using (network)
        {
            try
            {
                Write(checkpoint, network, card, new ExportOptions(), withPreprocessing: false, path);
                reason = null;
                return path;
            }
            catch (RetortException failure) when (failure is OnnxExportException or GraphException)
            {
                reason = failure.Message;
                return null;
            }
        }
    }

    private static Dictionary<string, string> Describe(string checkpoint, NetworkCard card)
    {
        Dictionary<string, string> facts = new()
        {
            ["model"] = card.Model,
            ["classes"] = JsonSerializer.Serialize(card.Classes),
            ["mean"] = JsonSerializer.Serialize(card.Normalization.Mean),
            ["std"] = JsonSerializer.Serialize(card.Normalization.Deviation),
            ["image_size"] = card.ImageSize.ToString(CultureInfo.InvariantCulture),
        };
        if (card.Resize is { } resize)
            facts["resize"] = resize.ToString(CultureInfo.InvariantCulture);
        if (card.Accuracy is { } accuracy)
            facts["test_top1"] = accuracy.ToString("R", CultureInfo.InvariantCulture);
        foreach ((string key, string value) in card.Training)
            facts[$"training.{key}"] = value;
        if (FinishedRun.RecipeOf(checkpoint) is { } recipe)
            facts["recipe"] = File.ReadAllText(recipe);
        return facts;
    }
}
