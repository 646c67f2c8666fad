using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Checkpoints;
using Retort.Training.Data;
using Retort.Training.Evaluation;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Training.Reports;
using Retort.Training.Stages;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

namespace Retort.Training.Runs;

/// <summary>What all stages of a run share: data, device, checkpoints.</summary>
internal sealed record RunContext(
    DataSplits Data, AugmentOptions Augment, Compute Compute, Evaluator Evaluator,
    CheckpointStore Checkpoints, ITrainingObserver Observer)
{
    /// <summary>Makes a network on the run's device, in the memory order that convolutions like.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="seed">Seed of its weights.</param>
    public Network Create(string model, long seed)
    {
        TorchRuntime.Seed(seed);
        Network network = ModelRegistry.Default.Create(model, Data.Train.Classes.Count);
        network.To(Compute.Device).To(MemoryFormat.ChannelsLast);
        return network;
    }

    /// <summary>Trains a stage to its end, or loads what it gave if the run finished it before.</summary>
    public void Complete(TrainingStage stage, CancellationToken cancel)
    {
        if (Checkpoints.Finished(stage.Name) is not null)
        {
            Checkpoints.LoadFinished(stage);
            Observer.Notice($"{stage.Name} is finished already; its weights are loaded.");
            return;
        }

        // Random numbers of a stage must not depend on whether the stages before it ran in this process or were loaded.
        TorchRuntime.Seed(stage.Options.Seed);
        var seed = (ulong)stage.Options.Seed;
        var sampler = new Sampler(Data.Train.Count, stage.Options.Batch, seed) { DropLast = stage.Options.DropLast };
        if (sampler.BatchesPerEpoch == 0)
        {
            throw new RetortException(
                $"'train.drop_last' leaves nothing to train on: {Data.Train.Count} images are no full batch of {stage.Options.Batch}; "
                + "lower 'train.batch'.") { WrongUse = true };
        }

        var loader = new BatchLoader(
            Data.Train, sampler, new AugmentedTransform(Data.Normalization, Augment.ToAugmentation(seed), Data.Input));
        BatchMixing? mixing = Augment.Mixes ? new BatchMixing(Augment.ToMixing(seed), Data.Train.Classes.Count) : null;
        new Trainer(loader, Evaluator, Compute.Choose(stage.Options.Precision, Compute.Device), Observer, Checkpoints, mixing)
            .Train(stage, cancel);
    }

    /// <summary>Measures a finished network.</summary>
    /// <param name="role">As the table calls it.</param>
    /// <param name="model">Its model's name.</param>
    /// <param name="network">The network.</param>
    /// <param name="stage">The stage that trained it; null for one that came trained.</param>
    /// <param name="cancel">Stops the measurement.</param>
    public NetworkSummary Summarise(string role, string model, Network network, string? stage, CancellationToken cancel)
    {
        EvaluationResult result = Evaluator.Run(
            network, (done, total) => Observer.Preparing($"measuring the {role}", done, total), cancel);
        NetworkCost cost = NetworkCost.Measure(network, Data.Input.Height, Data.Input.Width, Compute.Device);
        double best = stage is null ? result.Top1 : Checkpoints.Finished(stage)?.BestAccuracy ?? result.Top1;
        return new NetworkSummary(
            role, model, cost.Parameters, cost.Macs, result.Top1, best, result.ImagesPerSecond, result.Confusion);
    }
}
