using System.Globalization;
using System.Text.Json;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

namespace Retort.Training.Checkpoints;

/// <summary>What has to be known of saved weights to use them; stored in the metadata of their <c>.safetensors</c> file.</summary>
public sealed record NetworkCard
{
    private const string ModelKey = "retort.model", ClassesKey = "retort.classes", MeanKey = "retort.mean", DeviationKey = "retort.std",
        AccuracyKey = "retort.test_top1", SizeKey = "retort.image_size", ResizeKey = "retort.resize", TrainingPrefix = "retort.training.";

    /// <summary>Model name.</summary>
    public required string Model { get; init; }

    /// <summary>Class names; the index is the label.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>How its input is normalised.</summary>
    public required Normalization Normalization { get; init; }

    /// <summary>Height and width of the images it was trained on, in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>
    /// Height and width that images were scaled to cover, in pixels, before their middle of <see cref="ImageSize"/> was taken; null: they were
    /// scaled to that size itself, where they had another.
    /// </summary>
    public int? Resize { get; init; }

    /// <summary>Top-1 on the test images, 0..1, measured when the weights were saved; null when it was not measured.</summary>
    public double? Accuracy { get; init; }

    /// <summary>How it was trained, by name, where that is more than learning labels: the method, its options, what took part.</summary>
    public IReadOnlyDictionary<string, string> Training { get; init; } = new Dictionary<string, string>();

    /// <summary>As the metadata of a safetensors file.</summary>
    public IReadOnlyDictionary<string, string> ToMetadata()
    {
        Dictionary<string, string> metadata = new()
        {
            [ModelKey] = Model,
            [ClassesKey] = JsonSerializer.Serialize(Classes, CheckpointJson.Default.IReadOnlyListString),
            [MeanKey] = JsonSerializer.Serialize(Normalization.Mean, CheckpointJson.Default.IReadOnlyListSingle),
            [DeviationKey] = JsonSerializer.Serialize(Normalization.Deviation, CheckpointJson.Default.IReadOnlyListSingle),
            [SizeKey] = ImageSize.ToString(CultureInfo.InvariantCulture),
        };
        if (Resize is { } resize)
            metadata[ResizeKey] = resize.ToString(CultureInfo.InvariantCulture);
        if (Accuracy is { } accuracy)
            metadata[AccuracyKey] = accuracy.ToString("R", CultureInfo.InvariantCulture);
        return metadata.Concat(TrainingMetadata(Training)).ToDictionary();
    }

    /// <summary>The part of the metadata that says how a network was trained; a stage gives it as its own.</summary>
    internal static IReadOnlyDictionary<string, string> TrainingMetadata(IReadOnlyDictionary<string, string> training) =>
        training.ToDictionary(entry => TrainingPrefix + entry.Key, entry => entry.Value);

    /// <summary>Reads what <see cref="ToMetadata"/> wrote; null where the file was not written by Retort.</summary>
    public static NetworkCard? FromMetadata(IReadOnlyDictionary<string, string> metadata)
    {
        if (!metadata.TryGetValue(ModelKey, out string? model))
            return null;
        try
        {
            return new NetworkCard
            {
                Model = model,
                Classes = JsonSerializer.Deserialize(metadata[ClassesKey], CheckpointJson.Default.IReadOnlyListString) is { Count: > 0 } classes
                    ? classes
                    : throw new JsonException($"{ClassesKey} names no class."),
                Normalization = new Normalization(
                    JsonSerializer.Deserialize(metadata[MeanKey], CheckpointJson.Default.IReadOnlyListSingle)!,
                    JsonSerializer.Deserialize(metadata[DeviationKey], CheckpointJson.Default.IReadOnlyListSingle)!),
                ImageSize = int.Parse(metadata[SizeKey], CultureInfo.InvariantCulture),
                Resize = metadata.TryGetValue(ResizeKey, out string? resize) ? int.Parse(resize, CultureInfo.InvariantCulture) : null,
                Accuracy = metadata.TryGetValue(AccuracyKey, out string? top1) ? double.Parse(top1, CultureInfo.InvariantCulture) : null,
                Training = metadata.Where(entry => entry.Key.StartsWith(TrainingPrefix, StringComparison.Ordinal))
                    .ToDictionary(entry => entry.Key[TrainingPrefix.Length..], entry => entry.Value),
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or OverflowException or RetortException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Refuses weights of other classes than some data has, or of the same in another order: the logits would mean something else.</summary>
    /// <param name="path">The weights' file, for the message.</param>
    /// <param name="classes">The data's classes, in label order.</param>
    /// <param name="role">"teacher" or "student": whose weights a recipe gives there.</param>
    /// <exception cref="CheckpointException">The classes are not the same.</exception>
    internal void RequireClasses(string path, IReadOnlyList<string> classes, string role)
    {
        if (Classes.SequenceEqual(classes))
            return;
        if (classes.Except(Classes).FirstOrDefault() is { } foreign)
        {
            throw new CheckpointException(
                path, $"the data has a class '{foreign}', which this {role} does not know. Take a {role} of the data's classes, or leave '{role}.checkpoint' "
                + $"out to train one; where only the names differ, rename the data's classes as the {role}'s.");
        }

        if (Classes.Except(classes).FirstOrDefault() is { } missing)
        {
            throw new CheckpointException(
                path, $"this {role} knows a class '{missing}', which the data does not have. Take a {role} of the data's classes, or leave "
                + $"'{role}.checkpoint' out to train one.");
        }

        int first = Enumerable.Range(0, classes.Count).First(label => Classes[label] != classes[label]);
        throw new CheckpointException(
            path, $"this {role} has the data's classes in another order: class {first} is '{Classes[first]}' for it and '{classes[first]}' in the data. "
            + $"Take the data as it was trained on, or leave '{role}.checkpoint' out to train a {role}.");
    }

    /// <summary>Images with the network's own labels, where both have the same classes in whatever order; else as they are, which is told.</summary>
    /// <param name="images">Of as many classes.</param>
    /// <param name="tell">Is told what cannot be known: whether other names are those of the same classes.</param>
    public ImageDataset Relabel(ImageDataset images, Action<string> tell)
    {
        if (Classes.ToHashSet().SetEquals(images.Classes))
            return images.InOrder(Classes);
        int first = Enumerable.Range(0, Classes.Count).First(label => Classes[label] != images.Classes[label]);
        tell($"Warning: class {first} is '{Classes[first]}' for the network and '{images.Classes[first]}' in the data: figures are right only where these are two names of one class.");
        return images;
    }

    /// <summary>Makes the network, newly initialised.</summary>
    /// <param name="models">The models that there are; those of Retort by default.</param>
    /// <exception cref="UnknownNameException">There is no such model.</exception>
    public Network Create(ModelRegistry? models = null) => (models ?? ModelRegistry.Default).Create(Model, Classes.Count);
}
