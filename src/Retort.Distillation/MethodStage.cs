using Retort.Torch.Modules;

namespace Retort.Distillation;

/// <summary>
/// A training phase that a method needs before the student's. Its learner trains in that stage alone: the student's uses it
/// frozen, in evaluation mode.
/// </summary>
/// <param name="Name">As it shows in progress, metrics and report, after the method's name: "paraphraser".</param>
/// <param name="Epochs">Passes over the training set.</param>
/// <param name="LearningRate">Of its own SGD with momentum 0.9, until the first of <see cref="Milestones"/>.</param>
/// <param name="WeightDecay">Of the same.</param>
/// <param name="Learner">The part of the method that trains.</param>
/// <param name="Loss">The stage's loss for a step.</param>
public sealed record MethodStage(
    string Name, int Epochs, double LearningRate, double WeightDecay, Module Learner, Func<StepInput, MethodLoss> Loss)
{
    /// <summary>Epochs after which the learning rate falls to a tenth, in any order. Default none: it is constant.</summary>
    public IReadOnlyList<int> Milestones { get; init; } = [];

    /// <summary>
    /// Whether the student trains too, as where a method initialises it. Otherwise it does not run, and the teacher's output stands in its
    /// place in a step. Default false.
    /// </summary>
    public bool TrainsStudent { get; init; }

    /// <summary>
    /// The learner's weights, trained before for the same teacher, by the path of their file or of the stage's folder in a run's checkpoints: they
    /// are loaded, and the stage is left out. Only for a stage that does not train the student. Default none: the stage trains.
    /// </summary>
    public string? Checkpoint { get; init; }

    /// <summary>
    /// Shows what the learner has learned, for test images; called in evaluation mode and without gradient. Default none: there is nothing to see.
    /// </summary>
    public Func<StepInput, StageFigure>? Figure { get; init; }
}
