using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training;
using Retort.Training.Recipes;
using Retort.Training.Stages;
using Retort.Training.Teachers;
using Retort.Vision.Models;

namespace Retort.Tests.Distillation.Methods;

/// <summary>Every registered method that trains students acts: alone, through the stages of a run, on two small networks.</summary>
public sealed class MethodTrainingTests
{
    private const int Samples = 8, Classes = 10, Size = 16, Steps = 6;
    private const string StudentModel = "resnet8", TeacherModel = "resnet14", WideTeacherModel = "resnet8x4";

    // Those with modules of their own, of which some are there only between unequal widths.
    private static readonly string[] WithModules = ["ab", "cc", "crd", "fitnet", "ft", "ofd", "reviewkd", "srrl", "sskd", "vid"];

    // The student's layers, each with the tap that it makes; logits come last.
    private static readonly (string Tap, string[] Layers)[] LayersByTap =
        [("stem", ["conv1", "bn1"]), ("stage1", ["layer1"]), ("stage2", ["layer2"]), ("stage3", ["layer3"]), ("pooled", []), ("logits", ["fc"])];

    /// <summary>
    /// Every method as it is by default, and what is another loss of the same name; those with modules of their own from a wider teacher
    /// besides.
    /// </summary>
    public static TheoryData<string, string, string> Methods
    {
        get
        {
            (string Name, string Options)[] variants =
            [
                .. MethodRegistry.Default.Entries.Where(entry => !entry.TrainsTeacher).Select(entry => (entry.Name, "")),
                ("ab", "init_epochs=0"), ("at", "p=1"), ("at", "variant=paper"), ("cc", "variant=paper"), ("crd", "positive=relax"),
                ("dist", "standardize=true"), ("dkd", "standardize=true"), ("fitnet", "init_epochs=1"), ("ft", "variant=repdistiller"),
                ("ft", "p=2 reconstruction=l2"), ("kd", "standardize=true"), ("nst", "kernel=linear"), ("nst", "kernel=gaussian"),
                ("nst", "kernel=gaussian bandwidth_pairs=union"), ("nst", "degree=3 c=1"), ("srrl", "variant=vector"), ("srrl", "relu=false"),
            ];
            var methods = new TheoryData<string, string, string>();
            foreach ((string name, string options) in variants)
            {
                methods.Add(name, options, TeacherModel);
                if (WithModules.Contains(name) && options != "variant=paper")
                    methods.Add(name, options, WideTeacherModel);
            }

            return methods;
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void The_methods_term_alone_falls_and_moves_what_is_before_its_taps_and_its_own_modules_but_not_the_teacher(
        string name, string options, string teacherModel)
    {
        using var scope = new TensorScope();
        TorchRuntime.Threads = 1;
        TorchRuntime.Seed(1);
        using Network student = ModelRegistry.Default.Create(StudentModel, Classes), teacher = ModelRegistry.Default.Create(teacherModel, Classes);
        teacher.RequireGrad(false);
        Tensor images = Aten.Randn([Samples, 3, Size, Size]);
        int[] classes = [.. Enumerable.Range(0, Samples).Select(i => i % 4)]; // two of each class that there is
        Method method = MethodRegistry.Default.Find(name).Create(MethodBench.Options(options), name);
        using var objective = new DistillationObjective(
            0, 0, [new DistillationTerm(name, 1, method)], Shape(StudentModel, student), Shape(teacherModel, teacher), classes);
        Assert.True(teacherModel != WideTeacherModel || method.Parameters().Count > 0, $"{name} has no modules between these networks");
        Dictionary<string, Tensor> ofTeacher = Copies(teacher.State());
        TrainOptions train = new() { Epochs = 1, Batch = Samples, Optimizer = new AdamOptions { Lr = 1e-3 } };

        using var made = new FrozenTeacher(teacher, Compute.Plain); // fast, as in a run: without what no method wants
        foreach (MethodStage stage in objective.Stages)
        {
            Dictionary<string, Tensor> learner = Copies(stage.Learner.NamedParameters()), untouched = Copies(student.State());
            AssertFalls(stage.Name, Train(new MethodTrainingStage(stage, objective, StudentModel, student, made, train), images, classes));
            Assert.Equal(learner.Keys.Select(ModuleOf).Distinct(), Moved(learner, stage.Learner.NamedParameters()).Select(ModuleOf).Distinct());
            Assert.Equal(stage.TrainsStudent, Moved(untouched, student.State()).Length > 0);
        }

        Dictionary<string, Tensor> before = Copies(student.NamedParameters()), own = Copies(method.NamedParameters().Where(p => p.Value.RequiresGrad));
        Dictionary<string, Tensor> frozen = Copies(method.NamedParameters().Where(p => !p.Value.RequiresGrad));
        var distilled = new NetworkStage(student, objective, made) { Name = name, NetworkName = StudentModel, Options = train };
        AssertFalls(name, Train(distilled, images, classes));

        Assert.Equal(before.Keys.Where(IsBeforeATapOf(objective)), Moved(before, student.NamedParameters()).Where(IsBeforeATapOf(objective)));
        Assert.Equal(own.Keys.Select(ModuleOf).Distinct(), Moved(own, method.NamedParameters()).Select(ModuleOf).Distinct());
        Assert.Empty(Moved(frozen, method.NamedParameters()));
        Assert.Empty(Moved(ofTeacher, teacher.State()));
        Assert.All(student.Parameters(), parameter => Assert.True(parameter.Isfinite().All().Item<bool>()));
    }

    // Gives the loss of each step.
    private static double[] Train(TrainingStage stage, Tensor images, int[] classes)
    {
        using IDisposable? released = stage.Release();
        using var session = new StageSession(stage, Steps);
        Tensor labels = Tensor.From<long>([.. classes.Select(c => (long)c)]), indices = Aten.Arange(classes.Length, DType.Int64);
        stage.SetModes();
        return
        [
            .. Enumerable.Range(0, Steps).Select(_ =>
            {
                using var step = new TensorScope();
                (string _, Tensor term) = Assert.Single(stage.Step(images, labels, indices, Compute.Plain).Terms);
                Assert.Equal(DType.Float32, term.DType);
                double value = term.ToDouble();
                session.Update(term);
                return value;
            }),
        ];
    }

    private static void AssertFalls(string name, double[] losses) =>
        Assert.True(losses[^1] < losses[0] && losses.All(double.IsFinite), $"{name} goes {string.Join(", ", losses)}");

    // All layers up to the last tap that the method reads; all there are where it reads logits alone.
    private static Func<string, bool> IsBeforeATapOf(DistillationObjective objective)
    {
        int last = objective.StudentTaps.Select(tap => Array.FindIndex(LayersByTap, entry => entry.Tap == tap.Replace(Network.PreActivation, "", StringComparison.Ordinal)))
            .DefaultIfEmpty(LayersByTap.Length - 1).Max();
        string[] layers = [.. LayersByTap[..(last + 1)].SelectMany(entry => entry.Layers)];
        return parameter => layers.Contains(parameter.Split('.')[0]);
    }

    // The module that has a parameter: one of them may have no gradient, as a bias in front of a norm, but not all.
    private static string ModuleOf(string parameter) => parameter[..Math.Max(0, parameter.LastIndexOf('.'))];

    private static NetworkShape Shape(string name, Network network) => NetworkShape.Of(name, network, Size, Size, Device.Cpu);

    private static Dictionary<string, Tensor> Copies(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        using var noGrad = GradMode.Disable();
        return tensors.ToDictionary(entry => entry.Key, entry => entry.Value.Clone());
    }

    private static string[] Moved(Dictionary<string, Tensor> before, IEnumerable<KeyValuePair<string, Tensor>> after) =>
        [.. after.Where(entry => before.TryGetValue(entry.Key, out Tensor? was) && !was.Equal(entry.Value)).Select(entry => entry.Key)];
}
