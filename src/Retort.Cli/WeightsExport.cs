using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Training.Checkpoints;
using Retort.Training.Runs;

namespace Retort.Cli;

/// <summary>Writes a network's weights for other programs: as PyTorch's <c>torch.save</c>, or as <c>.safetensors</c>, whole or in shards.</summary>
internal static class WeightsExport
{
    private static readonly (string Ending, CheckpointFormat Format)[] Formats =
    [
        (".safetensors.index.json", CheckpointFormat.SafetensorsIndex), (".safetensors", CheckpointFormat.Safetensors),
        (".pth", CheckpointFormat.PytorchZip), (".pt", CheckpointFormat.PytorchZip),
    ];

    /// <summary>The endings of files of weights.</summary>
    public static IEnumerable<string> Endings => Formats.Select(format => format.Ending);

    /// <summary>The format that a file's ending asks for; null: none of weights.</summary>
    public static CheckpointFormat? FormatOf(string path) =>
        Formats.Where(format => path.EndsWith(format.Ending, StringComparison.OrdinalIgnoreCase)).Select(format => (CheckpointFormat?)format.Format).FirstOrDefault();

    /// <summary>Writes the weights, and with <c>.safetensors</c> what is known of the network.</summary>
    /// <param name="path">The file; its ending says the format. It is replaced as a whole; of shards, the index comes last.</param>
    /// <param name="network">With its weights; borrowed.</param>
    /// <param name="card">What is known of it.</param>
    /// <param name="mostBytes">Of a shard.</param>
    public static void Write(string path, Network network, NetworkCard card, long mostBytes)
    {
        switch (FormatOf(path))
        {
            case CheckpointFormat.SafetensorsIndex:
                Safetensors.WriteSharded(path, network.State(), mostBytes, card.ToMetadata());
                break;
            case CheckpointFormat.Safetensors:
                AtomicFile.Write(path, stream => Safetensors.Write(stream, network.State(), card.ToMetadata()));
                break;
            default:
                AtomicFile.Write(path, stream => PytorchStateDict.Write(stream, network.State()));
                break;
        }
    }
}
