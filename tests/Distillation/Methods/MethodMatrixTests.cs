using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Training;
using Retort.Training.Recipes;
using Retort.Training.Stages;
using Retort.Training.Teachers;
using Retort.Vision.Models;

namespace Retort.Tests.Distillation.Methods;

/// <summary>Every registered method between every pair of families, the smallest members: two steps, or a refusal that is known here.</summary>
public sealed class MethodMatrixTests
{
    private const int Classes = 5, Steps = 2;
    private const string Transformer = "transformer";

    /// <summary>What a method that cannot work between two networks says, besides their names and shapes.</summary>
    private static readonly Dictionary<string, string> Reasons = new()
    {
        ["ab"] = "a connector reaches only smaller maps, or those of exactly twice the height and width",
        ["fsp"] = "as many channels in the student's maps as in the teacher's",
        ["ft"] = "repdistiller reconciles them",
        ["kdsvd"] = "as many channels in the student's maps as in the teacher's",
        ["ofd"] = "ofd needs equal heights and widths",
        ["ofd without norms"] = "ofd takes its margins from the batch norm",
    };

    private static readonly int[] Labels = [0, 1, 2, 3, 4, 0, 1, 2];

    /// <summary>Teacher, student, size of the images, and what is refused, by its key in <see cref="Reasons"/>.</summary>
    public static TheoryData<string, string, int, string[]> Pairs => new()
    {
        { "resnet14", "resnet8", 32, [] },
        { "resnet8x4", "resnet8x4", 32, [] },
        { "wrn_16_2", "wrn_16_1", 32, ["fsp", "kdsvd"] },
        { "wrn_16_1", "wrn_16_1", 32, [] },
        { "wrn_16_2", "resnet8", 32, ["fsp", "kdsvd"] },
        { "resnet14", "binary_resnet20", 32, [] },
        { "vgg11", "vgg8", 32, [] },
        { "MobileNetV2", "MobileNetV2", 32, [] },
        { "ShuffleV1", "ShuffleV1", 32, ["ofd without norms"] },
        { "ShuffleV2", "ShuffleV2", 32, ["ofd without norms"] },
        { "vgg8", "MobileNetV2", 32, ["fsp", "ft", "kdsvd", "ofd"] },
        { "ResNet50", "MobileNetV2", 32, ["fsp", "ft", "kdsvd", "ofd"] },
        { "ResNet50", "vgg8", 32, ["fsp", "kdsvd", "ofd"] },
        { "resnet8x4", "ShuffleV1", 32, ["fsp", "ft", "kdsvd", "ofd"] },
        { "resnet8x4", "ShuffleV2", 32, ["fsp", "ft", "kdsvd", "ofd"] },
        { "wrn_16_2", "ShuffleV1", 32, ["fsp", "ft", "kdsvd", "ofd"] },
        { "resnet18", "resnet18", 64, [] },
        { "resnet50", "mobilenet_v1", 64, ["fsp", "kdsvd"] },
        { "resnet18", "mobilenet_v2", 64, ["fsp", "kdsvd"] },
        { Transformer, Transformer, 32, ["ofd without norms"] },
        { Transformer, "resnet8", 32, ["fsp", "kdsvd", "ofd without norms"] },
        { Transformer, "MobileNetV2", 32, ["ab", "fsp", "ft", "kdsvd", "ofd without norms"] },
        { "resnet14", Transformer, 32, ["ab", "fsp", "kdsvd", "ofd"] },
        { "vgg8", Transformer, 32, ["fsp", "ft", "kdsvd", "ofd"] },
        { "resnet18", Transformer, 64, ["fsp", "ft", "kdsvd", "ofd"] },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_method_trains_the_student_or_says_why_it_cannot(string teacherModel, string studentModel, int size, string[] refused)
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        using Network student = Make(studentModel, size), untrained = Make(teacherModel, size);
        // In evaluation mode it may tell all images and classes alike, and then there is nothing to learn.
        foreach (var bias in untrained.NamedParameters().Where(entry => entry.Key.EndsWith(".bias", StringComparison.Ordinal)))
            Init.Normal_(bias.Value, 0, 0.5);
        untrained.RequireGrad(false);
        using var teacher = new RememberedNetwork(untrained);
        NetworkShape ofTeacher = NetworkShape.Of(teacherModel, untrained, size, size, Device.Cpu);
        NetworkShape ofStudent = NetworkShape.Of(studentModel, student, size, size, Device.Cpu);
        Dictionary<string, Tensor> before = student.State().ToDictionary(entry => entry.Key, entry => entry.Value.Detach().Clone());
        Tensor images = Aten.Randn([3, 3, size, size]);

        List<string> faults = [], refusals = [];
        foreach ((string name, Func<Method> make) in Methods())
        {
            student.LoadState(before);
            try
            {
                using var objective = new DistillationObjective(0, 0, [new DistillationTerm(name, 1, make())], ofStudent, ofTeacher, Labels);
                Train(student, teacher, objective, images);
            }
            catch (MethodException refusal)
            {
                refusals.Add(Reasons.FirstOrDefault(reason => reason.Key.Split(' ')[0] == name && refusal.Message.Contains(reason.Value)).Key
                    ?? $"{name}: {refusal.Message}");
                if (!refusal.Message.Contains(teacherModel) || !(refusal.Message.Contains('[') || refusal.Message.Contains(".preact\"")))
                    faults.Add($"{name} does not say between which maps: {refusal.Message}");
            }
            catch (Exception fault) when (fault is RetortException or InvalidOperationException)
            {
                faults.Add($"{name}: {fault.Message}");
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.Equal(refused, refusals);
    }

    /// <summary>The same pairs.</summary>
    public static TheoryData<string, string, int> Branches
    {
        get
        {
            var pairs = new TheoryData<string, string, int>();
            foreach (object[] pair in Pairs)
                pairs.Add((string)pair[0], (string)pair[1], (int)pair[2]);
            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Branches))]
    public void The_teacher_trains_with_branches_of_the_student_unless_it_cannot_be_cut(string teacherModel, string studentModel, int size)
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        using Network teacher = Make(teacherModel, size), student = Make(studentModel, size);
        NetworkShape ofTeacher = NetworkShape.Of(teacherModel, teacher, size, size, Device.Cpu);
        NetworkShape ofStudent = NetworkShape.Of(studentModel, student, size, size, Device.Cpu);
        using var method = new StudentFriendlyTeacher(new());
        void Bind() => method.Bind(new MethodBinding
        {
            Student = ofStudent, Teacher = ofTeacher, Pairs = method.ChooseTaps(ofStudent, ofTeacher), CreateStudent = () => Make(studentModel, size),
        });
        if (studentModel == Transformer)
        {
            Assert.StartsWith($"sftn cannot make a branch of {Transformer}: ", Assert.Throws<MethodException>(Bind).Message, StringComparison.Ordinal);
            return;
        }

        Bind();
        var options = new TrainOptions { Optimizer = new SgdOptions { Lr = 0.01 }, ClipGradNorm = 1 };
        Train(new BranchedTeacherStage(teacher, method) { Name = "teacher", NetworkName = teacherModel, Options = options }, Aten.Randn([3, 3, size, size]), Steps, teacher);
    }

    /// <summary>All methods, in the order of their names, and variants that take other pairs than the default one.</summary>
    private static IEnumerable<(string Name, Func<Method> Make)> Methods()
    {
        foreach (MethodEntry entry in MethodRegistry.Default.Entries.Where(entry => !entry.TrainsTeacher))
            yield return (entry.Name, () => entry.Create(OptionMapping.Empty, entry.Name));
        yield return ("ft_repdistiller", () => MethodRegistry.Default.Find("ft").Create(MethodBench.Options("variant=repdistiller"), "ft"));
    }

    private static Network Make(string model, int size) => model == Transformer
        ? new VisionTransformer(size, patch: size / 8, width: 128, depth: 4, Classes)
        : ModelRegistry.Default.Create(model, Classes);

    // A step of each stage that the method has before the student's, then those of the student.
    private static void Train(Network student, Network teacher, DistillationObjective objective, Tensor images)
    {
        var options = new TrainOptions { Optimizer = new SgdOptions { Lr = 0.01 }, ClipGradNorm = 1 };
        foreach (MethodStage stage in objective.Stages)
            Train(new MethodTrainingStage(stage, objective, "student", student, new FrozenTeacher(teacher), options), images, steps: 1);
        Train(new NetworkStage(student, objective, new FrozenTeacher(teacher)) { Name = "student", NetworkName = "student", Options = options }, images, Steps, student);
    }

    private static void Train(TrainingStage stage, Tensor images, int steps, Network? student = null)
    {
        Tensor labels = Tensor.From<long>([.. Labels[..(int)images.Size(0)].Select(label => (long)label)]);
        Tensor indices = Aten.Arange(images.Size(0), DType.Int64);
        using IDisposable? released = stage.Release();
        using var session = new StageSession(stage, steps);
        stage.SetModes();
        for (int step = 0; step < steps; step++)
        {
            using var scope = new TensorScope();
            Tensor loss = stage.Step(images, labels, indices, Compute.Plain).Total();
            if (!double.IsFinite(loss.ToDouble()))
                throw new InvalidOperationException($"the loss of {stage.Name} is {loss.ToDouble()} in step {step}");
            session.Update(loss);
            // The first layer stands before every tap, whichever the method reads.
            if (student is not null && !(student.Parameters()[0].Grad is { } gradient && gradient.Norm(2).ToDouble() > 0))
                throw new InvalidOperationException($"no gradient reaches the student in step {step}");
        }
    }
}
