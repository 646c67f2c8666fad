using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Torch.TorchScript;
using Retort.Training.Recipes;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

namespace Retort.Training.Teachers;

/// <summary>Makes the network of a recipe's teacher: of a model, newly initialised, or of a TorchScript file, as it is.</summary>
internal static class TeacherNetwork
{
    /// <summary>Makes it.</summary>
    /// <param name="options">The recipe's.</param>
    /// <param name="models">The models that there are.</param>
    /// <param name="classes">Names of the data's classes.</param>
    /// <param name="size">Of the images.</param>
    /// <param name="device">Where a TorchScript network computes; others are made on the CPU.</param>
    /// <exception cref="RetortException">There is no such model, or the file cannot be read, or has another number of classes.</exception>
    public static Network Create(TeacherOptions options, ModelRegistry models, IReadOnlyList<string> classes, ImageSize size, Device device)
    {
        if (options.Torchscript is not { } file)
            return models.Create(options.Model!, classes.Count);
        TorchScriptNetwork network = TorchScriptNetwork.Load(
            file, [.. (options.Taps?.Entries ?? []).Select(tap => KeyValuePair.Create(tap.Key, ((OptionScalar)tap.Value).Text))], options.Output,
            size.Height, size.Width, device);
        if (network.Classes == classes.Count)
            return network;
        network.Dispose();
        throw new CheckpointException(
            file, $"the network has {network.Classes} classes, the data has {classes.Count}; take a teacher of the data's classes, in the data's order.");
    }
}
