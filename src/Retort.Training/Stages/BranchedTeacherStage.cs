using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Training.Checkpoints;
using Retort.Training.DryRuns;
using Retort.Training.Recipes;

namespace Retort.Training.Stages;

/// <summary>
/// Trains a teacher together with branches of a student on its blocks. The teacher runs once; all branches read its features, and send their
/// gradients back into it. What is evaluated, and exported, is the teacher alone.
/// </summary>
/// <param name="teacher">The teacher.</param>
/// <param name="method">Holds the branches, which train with it, and the loss; bound.</param>
public sealed class BranchedTeacherStage(Network teacher, StudentFriendlyTeacher method) : TrainingStage
{
    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<string, Module>> Learners => [new("network", teacher), new("branches", method)];

    /// <inheritdoc/>
    public override Network? Evaluated => teacher;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata => NetworkCard.TrainingMetadata(method.Record);

    /// <inheritdoc/>
    public override void SetModes()
    {
        teacher.Train();
        method.Train();
    }

    /// <inheritdoc/>
    public override DryRunTerm Describe(string term)
    {
        (string option, double weight) = method.WeightOf(term);
        bool isOfBranches = term != DistillTerm.CrossEntropy; // the other two are of the same branches
        return new DryRunTerm(term, weight, 0, 0, 0, isOfBranches ? MatchedTaps.Of(method.Binding) : [], isOfBranches ? MethodPart.Of(method) : [])
        {
            Setting = $"teacher.sftn.{option}",
        };
    }

    /// <inheritdoc/>
    public override StageStep Step(Tensor images, Tensor labels, Tensor indices, Compute compute)
    {
        NetworkOutput output;
        IReadOnlyDictionary<string, Tensor> branches;
        using (compute.Enter())
        {
            output = teacher.Forward(images, method.TeacherTaps);
            branches = method.RunBranches(output);
        }

        var step = new StepInput
        {
            StudentLogits = output.Logits, // there is no student yet
            TeacherLogits = output.Logits.To(DType.Float32),
            Labels = labels,
            Indices = indices,
            Inputs = branches.ToDictionary(branch => branch.Key, branch => branch.Value.To(DType.Float32)),
        };
        return new StageStep(method.Terms(step), output.Logits);
    }
}
