using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Checkpoints;
using Retort.Training.Data;
using Retort.Training.Evaluation;
using Retort.Training.Parallel;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Training.Reports;
using Retort.Training.Stages;
using Retort.Training.Teachers;
using Retort.Training.TensorBoard;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

namespace Retort.Training.Runs;

/// <summary>What all stages of a run share: data, device, checkpoints, models.</summary>
internal sealed record RunContext(
    DataSplits Data, AugmentOptions Augment, Compute Compute, Evaluator Evaluator,
    CheckpointStore Checkpoints, ModelRegistry Models, ITrainingObserver Observer)
{
    private const int ShownImages = 4, DrawnImages = 64;

    /// <summary>Measures on the images that choose the best epoch; null: the test images choose it.</summary>
    public Evaluator? Dev { get; init; }

    /// <summary>The processes that train together.</summary>
    public Replicas Replicas { get; init; } = Replicas.Alone;

    /// <summary>Writes events for TensorBoard; null: nobody does.</summary>
    public TensorBoardRecorder? TensorBoard { get; init; }

    /// <summary>Whether these have histograms of features.</summary>
    public bool DrawsFeatures { get; init; }

    /// <summary>Makes a network on the run's device, in the memory order that convolutions like.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="seed">Seed of its weights.</param>
    public Network Create(string model, long seed)
    {
        TorchRuntime.Seed(seed);
        return Placed(Models.Create(model, Data.Train.Classes.Count));
    }

    /// <summary>Makes a teacher in the same way; one of TorchScript has its weights already.</summary>
    /// <param name="options">The recipe's.</param>
    /// <param name="seed">Seed of its weights.</param>
    public Network CreateTeacher(TeacherOptions options, long seed)
    {
        TorchRuntime.Seed(seed);
        return Placed(TeacherNetwork.Create(options, Models, Data.Train.Classes, Data.Input, Compute.Device));
    }

    private Network Placed(Network network)
    {
        network.To(Compute.Device).To(MemoryFormat.ChannelsLast);
        return network;
    }

    /// <summary>The shape of a network on the run's images.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="network">The network.</param>
    public NetworkShape ShapeOf(string name, Network network) => NetworkShape.Of(name, network, Data.Input.Height, Data.Input.Width, Compute.Device);

    /// <summary>Makes the loss of a network that learns from the labels alone.</summary>
    /// <param name="options">How it is trained.</param>
    /// <param name="shape">Its shape.</param>
    public DistillationObjective LabelsOnly(TrainOptions options, NetworkShape shape)
    {
        var objective = new DistillationObjective(
            1, options.LabelSmoothing, [], shape, shape, classWeights: options.ClassWeights?.Of(Data.Train));
        objective.To(Compute.Device);
        objective.Join(Replicas.Exchange, relatesWholeBatch: false);
        return objective;
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

        BatchMixing? mixing = Augment.Mixes ? new BatchMixing(Augment.ToMixing((ulong)stage.Options.Seed), Data.Train.Classes.Count) : null;
        if (TensorBoard is not null)
            TensorBoard.Features = DrawsFeatures && stage.Evaluated is { } network ? () => Draw(network, ComputeOf(stage)) : null;
        int before = TorchRuntime.Threads;
        TorchRuntime.Threads = stage.Options.ThreadCount; // a teacher may have others than its student
        try
        {
            new Trainer(Begin(stage), Evaluator, ComputeOf(stage), Observer, Checkpoints, mixing) { Dev = Dev, Replicas = Replicas }.Train(stage, cancel);
        }
        finally
        {
            TorchRuntime.Threads = before;
        }
    }

    /// <summary>Trains what a method needs before the student, or takes it from where an earlier run trained it for the same teacher.</summary>
    /// <returns>What it has learned, drawn; null where the method has nothing to show.</returns>
    public FeatureFigure? Complete(MethodTrainingStage stage, CancellationToken cancel)
    {
        if (stage.Checkpoint is { } file)
        {
            Observer.Notice(stage.LoadLearner()
                ? $"{stage.Name} is taken from {file}, which was trained for this teacher."
                : $"{stage.Name} is taken from {file}, which does not say for which teacher it was trained.");
        }
        else
        {
            Complete((TrainingStage)stage, cancel);
            if (stage.IsReusable)
                Observer.Notice($"{stage.Name} lies in {Checkpoints.Folder(stage.Name)}; other students of this teacher can take it from there.");
        }

        using var scope = new TensorScope();
        int[] chosen = [.. Enumerable.Range(0, Data.Test.Count).DistinctBy(Data.Test.Label).Take(ShownImages)];
        ImageDataset images = Data.Test.Subset("shown", chosen);
        using Batch batch = BatchLoader.ForEvaluation(images, images.Count, Data.Normalization, Data.Input).Epoch(0, cancel: cancel).First();
        if (stage.Figure(batch.Images.To(Compute.Device), batch.Labels.To(Compute.Device), batch.Indices.To(Compute.Device), Compute) is not { } figure)
            return null;
        FeatureFigure painted = FeaturePainter.Paint(stage.Name, figure, images);
        TensorBoard?.Write(painted);
        return painted;
    }

    /// <summary>Looks at a stage on the batch of its first step, unless it has trained already.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="untrained">Stages before it that are still to train what it hangs on; when one of them has begun, it is too late for this look.</param>
    /// <param name="cancel">Stops the loading of the batch.</param>
    public void DryRun(TrainingStage stage, IReadOnlyList<string> untrained, CancellationToken cancel)
    {
        if (untrained.Append(stage.Name).Any(Checkpoints.HasBegun))
            return;
        using Batch batch = Begin(stage).Epoch(0, cancel: cancel).First();
        Replicas.BeginStep(batch, stage.Options.Seed, epoch: 1);
        Observer.DryRun(DryRuns.DryRun.Measure(stage, batch, ComputeOf(stage), untrained));
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
        StageResult? trained = stage is null ? null : Checkpoints.Finished(stage);
        return new NetworkSummary(
            role, model, cost.Parameters, cost.Macs, result.Top1, trained?.BestAccuracy ?? result.Top1, result.ImagesPerSecond, result.Confusion,
            result.Predictions)
        {
            BestDevAccuracy = trained?.BestDevAccuracy,
        };
    }

    private IReadOnlyList<KeyValuePair<string, HistogramProto>> Draw(Network network, Compute compute)
    {
        int[] drawn = [.. Enumerable.Range(0, Math.Min(DrawnImages, Data.Test.Count))];
        return new FeatureHistograms(Data.Test.Subset("drawn", drawn), Data.Normalization, Data.Input, compute).Of(network);
    }

    private BatchLoader Begin(TrainingStage stage)
    {
        stage.Options.RequireFullBatch(Data.Train.Count);
        // Random numbers of a stage must not depend on whether the stages before it ran in this process or were loaded.
        TorchRuntime.Seed(stage.Options.Seed);
        var seed = (ulong)stage.Options.Seed;
        var sampler = new Sampler(Data.Train.Count, stage.Options.Batch / stage.Options.Accumulate, seed) { DropLast = stage.Options.DropLast };
        return new BatchLoader(Data.Train, sampler, new AugmentedTransform(Data.Normalization, Augment.ToAugmentation(seed), Data.Input))
        {
            Share = Replicas.Share,
        };
    }

    private Compute ComputeOf(TrainingStage stage) => Compute.Choose(stage.Options.Precision, Compute.Device);
}
