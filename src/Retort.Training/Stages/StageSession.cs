using Retort.Torch;
using Retort.Torch.Optimizers;
using Retort.Torch.Schedules;
using Retort.Training.Recipes;

namespace Retort.Training.Stages;

/// <summary>A stage while it trains: everything that changes from step to step, and so everything that a checkpoint holds.</summary>
public sealed class StageSession : IDisposable
{
    private readonly Schedule _schedule;
    private readonly Tensor[] _parameters;

    internal StageSession(TrainingStage stage, int stepsPerEpoch)
    {
        Stage = stage;
        StepsPerEpoch = stepsPerEpoch;
        _parameters = [.. stage.Learners.SelectMany(l => l.Value.Parameters()).Where(p => p.RequiresGrad)];
        TrainOptions options = stage.Options;
        Optimizer = options.Optimizer.Create(_parameters);
        _schedule = options.Schedule.Create(options.Optimizer.Lr, options.Epochs);
        Average = options.Ema > 0 && stage.Evaluated is { } network ? new WeightAverage(network, options.Ema) : null;
    }

    /// <summary>What trains.</summary>
    public TrainingStage Stage { get; }

    /// <summary>Batches of an epoch.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>Where it stands.</summary>
    public StageProgress Progress { get; internal set; } = new();

    /// <summary>Holds the parameters of all learners.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>The averaged weights of the evaluated network; null without averaging.</summary>
    public WeightAverage? Average { get; }

    /// <summary>Of the last step.</summary>
    public double LearningRate => Optimizer.Groups[0].LearningRate;

    /// <summary>What trains, of all learners.</summary>
    internal IReadOnlyList<Tensor> Parameters => _parameters;

    /// <summary>One optimiser step down the gradient of the loss.</summary>
    internal void Update(Tensor loss)
    {
        Begin();
        loss.Backward();
        Update();
    }

    /// <summary>Begins a step: at its learning rate, without a gradient.</summary>
    internal void Begin()
    {
        Optimizer.ScaleLearningRate(_schedule.At(Progress.Epoch - 1 + ((double)Progress.Step / StepsPerEpoch)) * Progress.RateFactor);
        Optimizer.ZeroGrad();
    }

    /// <summary>One optimiser step down the gradient.</summary>
    internal void Update()
    {
        if (Stage.Options.ClipGradNorm > 0)
            GradientClipping.ByNorm(_parameters, Stage.Options.ClipGradNorm);
        Optimizer.Step();
        Average?.Update();
    }

    /// <summary>Whether the weights are all numbers, so that they are worth a checkpoint.</summary>
    internal bool HasFiniteWeights()
    {
        using var noGrad = GradMode.Disable();
        using var scope = new TensorScope();
        return Array.TrueForAll(_parameters, parameter => parameter.Isfinite().All().Item<bool>());
    }

    /// <summary>Does something with the network that counts: the averaged one where weights are averaged.</summary>
    internal T WithAverage<T>(Func<T> use)
    {
        Average?.Swap();
        try
        {
            return use();
        }
        finally
        {
            Average?.Swap();
        }
    }

    /// <summary>Leaves the averaged weights in the network: training is over.</summary>
    internal void TakeAverage() => Average?.ApplyTo(Stage.Evaluated!);

    /// <summary>Frees optimiser, average and gradients; the stage's networks stay.</summary>
    public void Dispose()
    {
        Optimizer.ZeroGrad(); // a trained teacher would otherwise keep its gradients for the whole run
        Optimizer.Dispose();
        Average?.Dispose();
    }
}
