using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Training;
using Retort.Training.Evaluation;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Training.Stages;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

namespace Retort.Tests.Training.Support;

/// <summary>A resnet8 that trains on labels, with a hook in each step and one where its network is asked for to be evaluated.</summary>
internal sealed class TinyStage : TrainingStage, IDisposable
{
    public static Normalization Normalization { get; } = Normalization.Cifar10;

    private readonly DistillationObjective _objective;
    private readonly NetworkStage _inner;

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public TinyStage(TrainOptions options, long seed = 1)
    {
        (Name, NetworkName, Options) = ("student", "resnet8", options);
        TorchRuntime.Threads = 1;
        TorchRuntime.Seed(seed);
        Network = ModelRegistry.Default.Create("resnet8", 10);
        NetworkShape shape = NetworkShape.Of("resnet8", Network, 32, 32, Device.Cpu);
        _objective = new DistillationObjective(1, options.LabelSmoothing, [], shape, shape);
        _inner = new NetworkStage(Network, _objective, null) { Name = Name, NetworkName = NetworkName, Options = Options };
    }

    public Network Network { get; }

    public Action? OnStep { get; set; }

    public Action? OnEvaluated { get; set; }

    public override IReadOnlyList<KeyValuePair<string, Module>> Learners => _inner.Learners;

    public override Network? Evaluated
    {
        get
        {
            OnEvaluated?.Invoke();
            return Network;
        }
    }

    public static ImageDataset Images(DatasetSplit split, int count = 40) =>
        SyntheticShapes.Generate(split, new SyntheticShapesOptions { TrainingImages = count, TestImages = count });

    public static Evaluator Evaluator() => new(Images(DatasetSplit.Test), Normalization, Compute.Plain);

    public static Trainer Trainer(int images = 40, ITrainingObserver? observer = null, int parts = 1, bool dropLast = false) => new(
        BatchLoader.ForTraining(Images(DatasetSplit.Training, images), 8 / parts, Normalization, null, seed: 3, dropLast), Evaluator(), Compute.Plain,
        observer ?? new RecordingObserver(), checkpoints: null);

    public override void SetModes() => _inner.SetModes();

    public override StageStep Step(Tensor images, Tensor labels, Tensor indices, Compute compute)
    {
        OnStep?.Invoke();
        return _inner.Step(images, labels, indices, compute);
    }

    public void Dispose()
    {
        _objective.Dispose();
        Network.Dispose();
    }
}
