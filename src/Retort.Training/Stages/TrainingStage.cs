using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Training.DryRuns;
using Retort.Training.Recipes;

namespace Retort.Training.Stages;

/// <summary>
/// One phase of a run: what trains, on which loss, for how long, with which optimiser. The trainer knows nothing else; a teacher's own
/// training, the plain student, the distilled student and what a method needs beforehand are all stages.
/// </summary>
public abstract class TrainingStage
{
    /// <summary>Name in progress, metrics and checkpoints: "teacher", "plain", "student", or what a method calls it.</summary>
    public required string Name { get; init; }

    /// <summary>Model that trains, for people: "resnet8".</summary>
    public required string NetworkName { get; init; }

    /// <summary>Epochs, batch, optimiser, schedule.</summary>
    public required TrainOptions Options { get; init; }

    /// <summary>The epoch that runs, from 1; null outside of training. The trainer sets it before <see cref="SetModes"/>.</summary>
    public int? Epoch { get; internal set; }

    /// <summary>Modules whose parameters train and whose tensors are saved, by the name of their checkpoint file.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, Module>> Learners { get; }

    /// <summary>The network that is evaluated after an epoch; null for a stage without accuracy.</summary>
    public virtual Network? Evaluated => null;

    /// <summary>What the headers of the saved files say beside the network's card. Default nothing.</summary>
    public virtual IReadOnlyDictionary<string, string> Metadata => new Dictionary<string, string>();

    /// <summary>Releases what trains in this stage but is frozen otherwise. Called once, before the optimiser is made.</summary>
    /// <returns>Freezes it again when it is disposed; null: nothing is frozen.</returns>
    public virtual IDisposable? Release() => null;

    /// <summary>Brings modules into training mode, and those that are frozen into evaluation mode. Called before every epoch.</summary>
    public abstract void SetModes();

    /// <summary>What a term of the loss is: its weight, and what it compares by which modules; its figures are 0.</summary>
    /// <param name="term">Its name in what <see cref="Step"/> gives.</param>
    public virtual DryRunTerm Describe(string term) => new(term, 1, 0, 0, 0, [], []);

    /// <summary>Runs the networks on a batch and gives the weighted terms of the loss.</summary>
    /// <param name="images">[N, 3, H, W], normalised, on the device.</param>
    /// <param name="labels">Int64 [N]; or float32 [N, classes], probabilities, where images are mixed.</param>
    /// <param name="indices">Int64 [N].</param>
    /// <param name="compute">Where and how the networks run.</param>
    public abstract StageStep Step(Tensor images, Tensor labels, Tensor indices, Compute compute);
}
