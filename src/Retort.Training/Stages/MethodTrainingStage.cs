using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Training.Checkpoints;
using Retort.Training.Recipes;
using Retort.Training.Teachers;

namespace Retort.Training.Stages;

/// <summary>Trains what a method needs before the student: its learner, and the student only where the method says so, on its own loss.</summary>
public sealed class MethodTrainingStage : TrainingStage
{
    private readonly MethodStage _stage;
    private readonly DistillationObjective _objective;
    private readonly Network _student;
    private readonly FrozenTeacher _teacher;
    private readonly Lazy<IReadOnlyDictionary<string, string>> _metadata;

    /// <summary>Makes the stage.</summary>
    /// <param name="stage">What the method declares.</param>
    /// <param name="objective">The objective that holds the method.</param>
    /// <param name="model">The student's model.</param>
    /// <param name="student">The student.</param>
    /// <param name="teacher">The teacher.</param>
    /// <param name="train">The student's training; batch, precision and seed are taken from it.</param>
    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public MethodTrainingStage(
        MethodStage stage, DistillationObjective objective, string model, Network student, FrozenTeacher teacher, TrainOptions train)
    {
        (_stage, _objective, _student, _teacher) = (stage, objective, student, teacher);
        _metadata = new(() => IsReusable ? LearnerFile.MetadataOf(teacher.Network) : base.Metadata);
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

    /// <summary>Whether the learner hangs on the teacher alone, so that it serves its other students too.</summary>
    public bool IsReusable => !_stage.TrainsStudent;

    /// <summary>The file that the learner is taken from instead of training it; null: none.</summary>
    public string? Checkpoint => _stage.Checkpoint;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata => _metadata.Value;

    /// <summary>Loads the learner from <see cref="Checkpoint"/>.</summary>
    /// <returns>Whether the file says that it was trained for this teacher; a file of another program does not.</returns>
    /// <exception cref="CheckpointException">The file cannot be read, does not fit the learner, or is another teacher's.</exception>
    public bool LoadLearner() => LearnerFile.Load(_stage, _teacher.Network);

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
        StepInput input = Input(images, labels, indices, Epoch, compute);
        return new StageStep([new(Name, _stage.Loss(input).Value)], Logits: null);
    }

    /// <summary>What the learner makes of some images; null where the method has nothing to show.</summary>
    /// <param name="images">[N, 3, H, W], normalised, on the device.</param>
    /// <param name="labels">Int64 [N].</param>
    /// <param name="indices">Int64 [N].</param>
    /// <param name="compute">Where and how the networks run.</param>
    public StageFigure? Figure(Tensor images, Tensor labels, Tensor indices, Compute compute)
    {
        if (_stage.Figure is null)
            return null;
        using var noGrad = GradMode.Disable();
        _teacher.Eval();
        _objective.Eval();
        _student.Eval();
        return _stage.Figure(Input(images, labels, indices, epoch: null, compute));
    }

    private StepInput Input(Tensor images, Tensor labels, Tensor indices, int? epoch, Compute compute)
    {
        Tensor shown = _objective.Show(_stage, images);
        NetworkOutput? student = null;
        NetworkOutput teacher;
        using (compute.Enter())
        {
            teacher = _teacher.Forward(shown, _objective.TeacherTaps, indices, epoch);
            if (_stage.TrainsStudent)
                student = _student.Forward(shown, _objective.StudentTaps);
        }

        return _objective.InputFor(_stage, student, teacher, labels, indices, isShare: epoch is not null);
    }
}
