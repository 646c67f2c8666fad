using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Recipes;
using Retort.Training.Stages;
using Retort.Vision.Models;

namespace Retort.Training.Runs;

/// <summary>How a run trains its teacher: on the labels, or on them and branches of a student.</summary>
/// <param name="recipe">The run's.</param>
/// <param name="options">Its teacher.</param>
/// <param name="context">The run's.</param>
internal sealed class TeacherTraining(Recipe recipe, TeacherOptions options, RunContext context)
{
    // Branches must start neither from the teacher's weights nor from those of the student of the same seed.
    private const long BranchSeed = 0xB2A9C4;

    /// <summary>Trains the teacher.</summary>
    /// <param name="stage">Name of the stage.</param>
    /// <param name="teacher">With the weights that it starts from.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="cancel">Stops after the current step, with a checkpoint.</param>
    /// <exception cref="RetortException">Branches cannot be put on this teacher; the message says why.</exception>
    public void Complete(string stage, Network teacher, NetworkShape shape, CancellationToken cancel)
    {
        TrainOptions train = recipe.TeacherTrain;
        // What it is trained with is gone after the stage: what is distilled from is the teacher alone.
        if (options.Sftn is null)
        {
            using DistillationObjective labels = context.LabelsOnly(train, shape);
            context.Complete(new NetworkStage(teacher, labels, null) { Name = stage, NetworkName = options.Name, Options = train }, cancel);
            return;
        }

        using StudentFriendlyTeacher branches = MakeBranches(options.Sftn, shape, train);
        BranchedTeacherStage branched = Branched(stage, teacher, branches);
        context.DryRun(branched, [], cancel);
        context.Complete(branched, cancel);
    }

    /// <summary>Looks at the loss of a teacher that is trained with branches; the labels alone are one term.</summary>
    /// <inheritdoc cref="Complete"/>
    public void DryRun(string stage, Network teacher, NetworkShape shape, CancellationToken cancel)
    {
        if (options.Sftn is null)
            return;
        using StudentFriendlyTeacher branches = MakeBranches(options.Sftn, shape, recipe.TeacherTrain);
        context.DryRun(Branched(stage, teacher, branches), [], cancel);
    }

    private BranchedTeacherStage Branched(string stage, Network teacher, StudentFriendlyTeacher branches) =>
        new(teacher, branches) { Name = stage, NetworkName = options.Name, Options = recipe.TeacherTrain };

    private StudentFriendlyTeacher MakeBranches(StudentFriendlyTeacherOptions sftn, NetworkShape teacher, TrainOptions train)
    {
        string model = sftn.Student ?? recipe.Student.Model;
        NetworkShape student;
        using (Network network = context.Create(model, train.Seed ^ BranchSeed)) // and so seeds the branches that follow
            student = context.ShapeOf(model, network);
        StudentFriendlyTeacher method = Bind(sftn, student, teacher, train, train.ClassWeights?.Of(context.Data.Train), context.Models);
        method.To(context.Compute.Device).To(MemoryFormat.ChannelsLast);
        context.Observer.Notice($"The teacher {options.Name} has branches of {model}: {method.Record["branches"]}.");
        return method;
    }

    /// <summary>Puts branches of a student on a teacher.</summary>
    /// <exception cref="RetortException">They cannot be put there; the message says why.</exception>
    internal static StudentFriendlyTeacher Bind(
        StudentFriendlyTeacherOptions options, NetworkShape student, NetworkShape teacher, TrainOptions train, IReadOnlyList<double>? classWeights,
        ModelRegistry models)
    {
        var method = new StudentFriendlyTeacher(options);
        try
        {
            method.Bind(new MethodBinding
            {
                Student = student,
                Teacher = teacher,
                Pairs = method.ChooseTaps(student, teacher),
                CreateStudent = () => models.Create(student.Name, student.Classes),
                LabelSmoothing = train.LabelSmoothing,
                ClassWeights = classWeights,
            });
            return method;
        }
        catch
        {
            method.Dispose();
            throw;
        }
    }
}
