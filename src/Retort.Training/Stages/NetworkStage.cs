using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Training.DryRuns;
using Retort.Training.Teachers;

namespace Retort.Training.Stages;

/// <summary>Trains a network on an objective: on the labels alone, or with a teacher beside it.</summary>
/// <param name="network">The network that trains.</param>
/// <param name="objective">Its loss; modules of methods train with it.</param>
/// <param name="teacher">The teacher; null where the objective needs none.</param>
public sealed class NetworkStage(Network network, DistillationObjective objective, FrozenTeacher? teacher) : TrainingStage
{
    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<string, Module>> Learners => [new("network", network), new("objective", objective)];

    /// <summary>The loss.</summary>
    public DistillationObjective Objective => objective;

    /// <inheritdoc/>
    public override Network? Evaluated => network;

    /// <inheritdoc/>
    public override void SetModes()
    {
        network.Train();
        objective.Train();
        foreach (MethodStage before in objective.Stages)
            before.Learner.Eval(); // it learned in its own stage
        teacher?.Eval();
    }

    /// <inheritdoc/>
    public override DryRunTerm Describe(string term)
    {
        string setting = $"distill.{term}.weight";
        if (objective.Methods.FirstOrDefault(bound => bound.Term.Name == term) is not ({ } own, { } binding))
            return new DryRunTerm(term, objective.CrossEntropy, 0, 0, 0, [], []) { Setting = setting };
        return new DryRunTerm(term, own.Weight, 0, 0, 0, MatchedTaps.Of(binding), MethodPart.Of(own.Method)) { Setting = setting };
    }

    /// <inheritdoc/>
    public override StageStep Step(Tensor images, Tensor labels, Tensor indices, Compute compute)
    {
        Tensor shown = objective.Show(images);
        NetworkOutput? target = null;
        NetworkOutput output;
        using (compute.Enter())
        {
            if (teacher is not null && objective.NeedsTeacherIn(Epoch))
                target = teacher.Forward(shown, objective.TeacherTaps, indices, Epoch, objective.ReadsTeacherLogitsIn(Epoch));
            output = network.Forward(shown, objective.StudentTaps);
        }

        // The images as they are come first; only they count for the accuracy.
        return new StageStep(objective.Terms(output, target, labels, indices, Epoch), output.Logits.Narrow(0, 0, labels.Size(0)));
    }
}
