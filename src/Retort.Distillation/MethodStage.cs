using Retort.Torch.Modules;

namespace Retort.Distillation;

/// <summary>A training phase that a method needs before the student's.</summary>
/// <param name="Name">As it shows in progress, metrics, report and golden cases: "paraphraser".</param>
/// <param name="Epochs">Passes over the training set.</param>
/// <param name="LearningRate">Of its own SGD with momentum 0.9, constant.</param>
/// <param name="WeightDecay">Of the same.</param>
/// <param name="Learner">
/// The module that trains; a part of the method, or the student's. Its parameters may be frozen otherwise: they are released for the stage.
/// </param>
/// <param name="Loss">The stage's loss for a step.</param>
public sealed record MethodStage(
    string Name, int Epochs, double LearningRate, double WeightDecay, Module Learner, Func<StepInput, MethodLoss> Loss);
