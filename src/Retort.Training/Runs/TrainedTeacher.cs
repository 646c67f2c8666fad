using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Checkpoints;
using Retort.Training.Data;
using Retort.Training.Recipes;
using Retort.Vision.Augmentation;
using Retort.Vision.Models;

namespace Retort.Training.Runs;

/// <summary>A teacher that came with its weights.</summary>
/// <param name="Network">The teacher, for images as the run normalises them.</param>
/// <param name="Normalization">How its own input is normalised.</param>
/// <param name="Card">What its file says of it; null for a file of another program.</param>
internal sealed record TrainedTeacher(Network Network, Normalization Normalization, NetworkCard? Card)
{
    /// <summary>Loads the weights, where they are not in the network already.</summary>
    /// <param name="network">The teacher's; owned by the result's.</param>
    /// <param name="options">With a checkpoint, or of TorchScript.</param>
    /// <param name="data">What it is to teach on.</param>
    /// <exception cref="RetortException">The file cannot be read, does not fit the model, or has other classes than the data.</exception>
    public static TrainedTeacher Load(Network network, TeacherOptions options, DataSplits data)
    {
        using var scope = new TensorScope();
        NetworkCard? card = options.Checkpoint is { } file ? CheckpointLoader.Load(network, options.Name, file, options.Weights) : null;
        card?.RequireClasses(options.Checkpoint!, data.Train.Classes, "teacher");
        Normalization expected = options.Normalization?.ToNormalization() ?? card?.Normalization ?? data.Normalization;
        return new TrainedTeacher(RenormalizedNetwork.Of(network, data.Normalization, expected), expected, card);
    }
}
