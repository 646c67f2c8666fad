using System.Globalization;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Vision.Augmentation;
using Retort.Vision.Models;

namespace Retort.Training.Checkpoints;

/// <summary>Brings saved weights, Retort's or PyTorch's, into networks.</summary>
public static class CheckpointLoader
{
    private const string NetworkFile = "network.safetensors";

    /// <summary>Loads weights into a network.</summary>
    /// <param name="network">Of the model that was saved.</param>
    /// <param name="model">Its name, for messages.</param>
    /// <param name="path">A <c>.safetensors</c> or <c>.pth</c> file, or a checkpoint's folder.</param>
    /// <param name="options">Where in the file the weights are, and what is renamed; found by itself by default.</param>
    /// <returns>What Retort stored beside the weights; null for a file of another program.</returns>
    /// <exception cref="CheckpointException">The file cannot be read, or does not fit the network.</exception>
    public static NetworkCard? Load(Network network, string model, string path, StateDictOptions? options = null)
    {
        path = FileOf(path);
        using SavedState saved = StateDictReader.Read(path, For(network, options));
        try
        {
            network.LoadState(saved.Tensors);
        }
        catch (StateDictException e)
        {
            throw new CheckpointException(path, $"the weights are not those of {model} with {network.Classes} classes. {e.Message}", e);
        }

        return NetworkCard.FromMetadata(saved.Metadata);
    }

    /// <summary>Makes the network that a file of Retort's describes, with its weights.</summary>
    /// <param name="path">A <c>.safetensors</c> file, or a checkpoint's folder.</param>
    /// <param name="models">The models that the file may name; those of Retort by default.</param>
    /// <param name="options">What is renamed; nothing by default.</param>
    /// <returns>The network, owned by the caller, and its card.</returns>
    /// <exception cref="CheckpointException">The file cannot be read, or does not say which model it holds.</exception>
    public static (Network Network, NetworkCard Card) Open(string path, ModelRegistry? models = null, StateDictOptions? options = null)
    {
        path = FileOf(path);
        using SavedState saved = StateDictReader.Read(path, options);
        NetworkCard card = NetworkCard.FromMetadata(saved.Metadata)
            ?? throw new CheckpointException(path, "the file does not say which model it holds; name it with --model.");
        Network? network = null;
        try
        {
            network = card.Create(models);
            network.LoadState(saved.Tensors);
            return (network, card);
        }
        catch (RetortException e)
        {
            network?.Dispose();
            throw new CheckpointException(
                path, e is StateDictException ? $"the weights are not those of {card.Model} with {card.Classes.Count} classes. {e.Message}" : e.Message, e);
        }
    }

    /// <summary>Makes a network of a model that is named, with the weights of a file that need not say what it holds.</summary>
    /// <param name="path">A <c>.safetensors</c> or <c>.pth</c> file, or a checkpoint's folder.</param>
    /// <param name="model">The model.</param>
    /// <param name="normalization">How its input is normalised; null: the file says it.</param>
    /// <param name="models">The models that there are; those of Retort by default.</param>
    /// <param name="options">Where in the file the weights are, and what is renamed; found by itself by default.</param>
    /// <returns>
    /// The network, with as many classes as its classifier's weights, owned by the caller; and its card, whose classes are numbers where the
    /// file does not name them.
    /// </returns>
    /// <exception cref="CheckpointException">The file cannot be read, does not fit the model, or the normalisation is not known.</exception>
    public static (Network Network, NetworkCard Card) Open(
        string path, string model, Normalization? normalization, ModelRegistry? models = null, StateDictOptions? options = null)
    {
        path = FileOf(path);
        ModelEntry entry = (models ?? ModelRegistry.Default).Find(model);
        using Network trial = entry.Create(1);
        using SavedState saved = StateDictReader.Read(path, For(trial, options));
        NetworkCard? card = NetworkCard.FromMetadata(saved.Metadata);
        normalization ??= card?.Normalization
            ?? throw new CheckpointException(path, "the file does not say how its input is normalised; say it with --normalization.");
        Network network = entry.Create(ClassesOf(trial, StateDictComparison.ShapesOf(saved.Tensors)) ?? entry.UsualClasses);
        try
        {
            network.LoadState(saved.Tensors);
        }
        catch (StateDictException e)
        {
            network.Dispose();
            throw new CheckpointException(path, $"the weights are not those of {model}. {e.Message}", e);
        }

        return (network, (card ?? new NetworkCard
        {
            Model = model, Classes = [.. Enumerable.Range(0, network.Classes).Select(label => label.ToString(CultureInfo.InvariantCulture))],
            Normalization = normalization, ImageSize = entry.ImageSize,
        }) with { Normalization = normalization });
    }

    /// <summary>What Retort stored beside saved weights, of which none is read; null for a file of another program.</summary>
    /// <param name="path">A <c>.safetensors</c> or <c>.pth</c> file, or a checkpoint's folder.</param>
    /// <param name="options">Where in the file the weights are.</param>
    /// <exception cref="CheckpointException">The file cannot be read.</exception>
    internal static NetworkCard? CardOf(string path, StateDictOptions options)
    {
        using StateDictFile file = StateDictReader.Open(FileOf(path), options);
        return NetworkCard.FromMetadata(file.Metadata);
    }

    /// <summary>For how many classes saved weights are: the rows of the classifier's; null where they have no such.</summary>
    /// <param name="network">Of their model, for any number of classes.</param>
    /// <param name="saved">Their shapes.</param>
    internal static int? ClassesOf(Network network, IReadOnlyDictionary<string, IReadOnlyList<long>> saved)
    {
        string? weight = network.NamedParameters().Where(parameter => ReferenceEquals(parameter.Value, network.Classifier?.Weight)).Select(parameter => parameter.Key).FirstOrDefault();
        return weight is not null && saved.TryGetValue(weight, out IReadOnlyList<long>? rows) && rows is [> 0 and <= int.MaxValue, _] ? (int)rows[0] : null;
    }

    /// <summary>Options with which a network's own names help to find its weights.</summary>
    internal static StateDictOptions For(Network network, StateDictOptions? options) =>
        (options ?? new()) with { Names = network.State().Select(entry => entry.Key).ToHashSet() };

    /// <summary>Reads a file's tensors and metadata as they are.</summary>
    /// <param name="path">A <c>.safetensors</c> or <c>.pth</c> file, or a checkpoint's folder.</param>
    /// <param name="options">Where in the file the weights are, and what is renamed; found by itself by default.</param>
    /// <exception cref="CheckpointException">The file cannot be read.</exception>
    internal static SavedState Read(string path, StateDictOptions? options = null) => StateDictReader.Read(FileOf(path), options);

    /// <summary>The file of weights that a checkpoint's folder has; any other path as it is.</summary>
    internal static string FileOf(string path) => Directory.Exists(path) ? Path.Combine(path, NetworkFile) : path;
}
