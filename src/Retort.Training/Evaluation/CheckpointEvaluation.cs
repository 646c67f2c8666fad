using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Training.Checkpoints;
using Retort.Training.Data;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

namespace Retort.Training.Evaluation;

/// <summary>Measures saved weights on the test images of a data set.</summary>
/// <param name="Checkpoint">A <c>.safetensors</c> or <c>.pth</c> file, or a checkpoint's folder.</param>
/// <param name="Data">Where the images are.</param>
/// <param name="Compute">Where and how to compute.</param>
public sealed record CheckpointEvaluation(string Checkpoint, DataOptions Data, Compute Compute)
{
    /// <summary>Model name, for a file that does not say it.</summary>
    public string? Model { get; init; }

    /// <summary>Where in the file the weights are, and what is renamed; found by itself by default.</summary>
    public StateDictOptions Weights { get; init; } = new();

    /// <summary>The models that there are; those of Retort by default.</summary>
    public ModelRegistry Models { get; init; } = ModelRegistry.Default;

    /// <summary>Loads weights and images and measures.</summary>
    /// <param name="observer">Is told of progress.</param>
    /// <param name="cancel">Stops between batches.</param>
    /// <returns>The figures, and the images that they are of.</returns>
    /// <exception cref="RetortException">Weights or images cannot be read, or do not belong together.</exception>
    public (EvaluationResult Result, ImageDataset Images) Run(ITrainingObserver observer, CancellationToken cancel)
    {
        if (Model is not null)
            Models.Find(Model);
        ImageDataset images = Data.Read(DatasetSplit.Test, classes: null, observer.Preparing, cancel);
        if (DataSplits.NoticeOf("test", images) is { } notice)
            observer.Notice(notice);
        (Network network, NetworkCard? card) = Open(images.Classes.Count);
        using (network)
        {
            network.To(Compute.Device).To(MemoryFormat.ChannelsLast);
            if (network.Classes != images.Classes.Count)
                throw new CheckpointException(Checkpoint, $"the network has {network.Classes} classes, '{images.Name}' has {images.Classes.Count}; use the data it was trained on.");
            images = card?.Relabel(images, observer.Notice) ?? images;
            Normalization normalization = Data.Normalization?.ToNormalization() ?? card?.Normalization
                ?? throw new CheckpointException(Checkpoint, "the file does not say how its input is normalised; say it with --normalization.");
            var evaluator = new Evaluator(images, normalization, Compute, Data.Input);
            return (evaluator.Run(network, (done, total) => observer.Preparing("measuring", done, total), cancel), images);
        }
    }

    private (Network Network, NetworkCard? Card) Open(int classes)
    {
        if (Model is null)
            return CheckpointLoader.Open(Checkpoint, Models, Weights);
        Network network = Models.Create(Model, classes);
        return (network, CheckpointLoader.Load(network, Model, Checkpoint, Weights));
    }
}
