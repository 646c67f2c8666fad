using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Training.Recipes;

namespace Retort.Training.Stages;

/// <summary>Trains what a method needs before the student: its learner, and the student only where the method says so, on its own loss.</summary>
public sealed class MethodTrainingStage : TrainingStage
{
    private readonly MethodStage _stage;
    private readonly DistillationObjective _objective;
    private readonly Network _student;
    private readonly Network _teacher;

    /// <summary>Makes the stage.</summary>
    /// <param name="stage">What the method declares.</param>
    /// <param name="objective">The objective that holds the method.</param>
    /// <param name="model">The student's model.</param>
    /// <param name="student">The student.</param>
    /// <param name="teacher">The frozen teacher.</param>
    /// <param name="train">The student's training; batch, precision and seed are taken from it.</param>
    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public MethodTrainingStage(
        MethodStage stage, DistillationObjective objective, string model, Network student, Network teacher, TrainOptions train)
    {
        (_stage, _objective, _student, _teacher) = (stage, objective, student, teacher);
        Name = stage.Name;
        NetworkName = stage.TrainsStudent ? model : stage.Name;
        Options = train with
        {
            Epochs = stage.Epochs,
            Optimizer = new SgdOptions { Lr = stage.LearningRate, Momentum = 0.9, WeightDecay = stage.WeightDecay },
            Schedule = new MultiStepScheduleOptions { Milestones = [.. stage.Milestones] },
            Ema = 0,
        };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<string, Module>> Learners =>
        _stage.TrainsStudent ? [new("learner", _stage.Learner), new("network", _student)] : [new("learner", _stage.Learner)];

    /// <inheritdoc/>
    public override IDisposable Release() => new ReleasedParameters(_stage.Learner);

    /// <inheritdoc/>
    public override void SetModes()
    {
        // What does not learn here must not change either: in training mode batch norms would, and no checkpoint would know.
        _teacher.Eval();
        _objective.Eval();
        _student.Train(_stage.TrainsStudent);
        _stage.Learner.Train();
    }

    /// <inheritdoc/>
    public override StageStep Step(Tensor images, Tensor labels, Tensor indices, Compute compute)
    {
        Tensor shown = _objective.Show(_stage, images);
        NetworkOutput student, teacher;
        using (compute.Enter())
        {
            using (GradMode.Disable())
                teacher = _teacher.Forward(shown, _objective.TeacherTaps);
            using (_stage.TrainsStudent ? GradMode.Enable() : GradMode.Disable())
                student = _student.Forward(shown, _objective.StudentTaps);
        }

        return new StageStep([new(Name, _stage.Loss(_objective.InputFor(_stage, student, teacher, labels, indices)).Value)], Logits: null);
    }
}
