using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Tests.Training.Support;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Training;
using Retort.Training.DryRuns;
using Retort.Training.Stages;
using Retort.Training.Teachers;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

namespace Retort.Tests.Training.DryRuns;

public sealed class DryRunTests : IDisposable
{
    private readonly TensorScope _scope = new();
    private readonly Network _teacher, _student;
    private readonly DistillationObjective _objective;
    private readonly NetworkStage _stage;
    private readonly BatchLoader _loader = BatchLoader.ForTraining(TinyStage.Images(DatasetSplit.Training), 8, TinyStage.Normalization, null, seed: 3);

    public DryRunTests()
    {
        TorchRuntime.Threads = 1;
        TorchRuntime.Seed(5);
        _teacher = ModelRegistry.Default.Create("resnet8x4", 10);
        _student = ModelRegistry.Default.Create("resnet8", 10);
        _teacher.RequireGrad(false);
        _objective = new DistillationObjective(
            0.5, 0,
            [
                new DistillationTerm("kd", 2, new KnowledgeDistillation(new KnowledgeDistillationOptions())),
                new DistillationTerm("probe", 3, new ProbeMethod(new ProbeOptions { StageEpochs = 1 })),
            ],
            NetworkShape.Of("resnet8", _student, 32, 32, Device.Cpu), NetworkShape.Of("resnet8x4", _teacher, 32, 32, Device.Cpu));
        _stage = new NetworkStage(_student, _objective, new FrozenTeacher(_teacher)) { Name = "student", NetworkName = "resnet8", Options = TinyRun.Train };
    }

    public void Dispose()
    {
        _objective.Dispose();
        _student.Dispose();
        _teacher.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void It_leaves_no_trace()
    {
        Dictionary<string, Tensor> before = Everything();
        Measure();

        Dictionary<string, Tensor> after = Everything();
        Assert.NotEmpty(before);
        foreach ((string name, Tensor expected) in before)
            TensorAssert.Same(expected, after[name], name);
        Assert.All(_student.Parameters().Concat(_objective.Parameters()), parameter => Assert.Null(parameter.Grad));
        TensorAssert.LeavesNothing(() => Measure());
    }

    [Fact]
    public void Training_reaches_the_same_weights_with_and_without_it()
    {
        Tensor random = Generator.Default.GetState();
        Dictionary<string, Tensor> start = Everything();
        Train();
        Dictionary<string, Tensor> without = Everything();
        Assert.False(without["network.conv1.weight"].Equal(start["network.conv1.weight"]));

        foreach ((string name, Module module) in _stage.Learners)
            module.LoadState(module.State().ToDictionary(t => t.Key, t => start[$"{name}.{t.Key}"]));
        Generator.Default.SetState(random);
        Measure();
        Train();
        foreach ((string name, Tensor actual) in Everything())
            TensorAssert.Same(without[name], actual, name);
    }

    [Fact]
    public void Values_and_norms_are_those_of_the_weighted_terms_alone()
    {
        DryRunResult result = Measure();

        Assert.Equal(["ce", "kd", "probe"], result.Terms.Select(term => term.Name));
        Assert.Equal([0.5, 2, 3], result.Terms.Select(term => term.Weight));
        Assert.Equal(1, result.Terms.Sum(term => term.Share), 9);
        using Batch batch = First();
        _stage.SetModes();
        Tensor logits = _student.Forward(batch.Images), target;
        using (GradMode.Disable())
            target = _teacher.Forward(batch.Images);
        Tensor[] terms = [Losses.CrossEntropy(logits, batch.Labels) * 0.5, KnowledgeDistillation.Divergence(logits, target, 4) * 2];
        for (int i = 0; i < terms.Length; i++)
        {
            foreach (Tensor parameter in _student.Parameters())
                parameter.Grad = null;
            terms[i].Backward(retainGraph: true);
            double norm = Math.Sqrt(_student.Parameters().Sum(parameter => parameter.Grad!.Square().Sum().ToDouble()));
            Assert.Equal(terms[i].ToDouble(), result.Terms[i].Value, 1e-5);
            Assert.Equal(norm, result.Terms[i].GradientNorm, 1e-4 * norm);
            Assert.Equal(norm / result.Terms.Sum(term => term.GradientNorm), result.Terms[i].Share, 1e-4);
        }
    }

    [Fact]
    public void Taps_and_modules_are_those_that_the_methods_were_bound_to()
    {
        DryRunResult result = Measure();

        Assert.All(result.Terms.Take(2), term => Assert.Empty(term.Taps.Select(pair => pair.ToString()).Concat(term.Parts.Select(part => part.Name))));
        Assert.Equal("pooled [64] ← pooled [256]", Assert.Single(result.Terms[2].Taps).ToString());
        Assert.Equal(
            [("connector", (64 * 256) + 256, true), ("head", 256 + 256 + 256 + 1, false)],
            result.Terms[2].Parts.Select(part => (part.Name, part.Parameters, part.Learns)));
        Assert.Equal(["Dropout", "Linear [256, 64]"], result.Terms[2].Parts[0].Layers);
        Assert.Equal(["distill.ce.weight", "distill.kd.weight", "distill.probe.weight"], result.Terms.Select(term => term.Setting));
    }

    [Fact]
    public void Layers_are_told_with_the_shapes_of_their_weights_and_parameters_beside_them_too()
    {
        using var regressors = new VariationalInformation(new());
        MethodBinding binding = new()
        {
            Student = Shape("small", 4), Teacher = Shape("large", 6), Pairs = [new TapPair("stage1", "stage1")],
        };
        regressors.Bind(binding);

        MethodPart part = Assert.Single(MethodPart.Of(regressors));
        Assert.Equal("0", part.Name);
        Assert.Equal(["log_scale [6]", "Conv2d [6, 4, 1, 1]", "ReLU", "Conv2d [6, 6, 1, 1]", "ReLU", "Conv2d [6, 6, 1, 1]"], part.Layers);

        static NetworkShape Shape(string name, long channels) =>
            new() { Name = name, Classes = 10, Taps = new Dictionary<string, long[]> { ["stage1"] = [channels, 8, 8] } };
    }

    [Fact]
    public void A_teacher_with_branches_is_looked_at_with_the_shares_of_its_three_terms_and_the_options_that_weigh_them()
    {
        using Network teacher = ModelRegistry.Default.Create("resnet14", 10);
        using var method = new StudentFriendlyTeacher(new() { LambdaT = 0.5, LambdaKl = 1e7, LambdaCe = 2 });
        NetworkShape student = NetworkShape.Of("resnet8", _student, 32, 32, Device.Cpu), shape = NetworkShape.Of("resnet14", teacher, 32, 32, Device.Cpu);
        method.Bind(new MethodBinding
        {
            Student = student, Teacher = shape, Pairs = method.ChooseTaps(student, shape), CreateStudent = () => ModelRegistry.Default.Create("resnet8", 10),
        });
        var stage = new BranchedTeacherStage(teacher, method) { Name = "teacher", NetworkName = "resnet14", Options = TinyRun.Train };

        using Batch batch = First();
        DryRunResult result = DryRun.Measure(stage, batch, Compute.Plain);

        Assert.Equal(["ce", "branch_kl", "branch_ce"], result.Terms.Select(term => term.Name));
        Assert.Equal([0.5, 1e7, 2], result.Terms.Select(term => term.Weight));
        Assert.Equal(1, result.Terms.Sum(term => term.Share), 9);
        Assert.All(result.Terms, term => Assert.True(term.GradientNorm > 0));
        Assert.Equal(["stage1 [16, 32, 32] ← stage1 [16, 32, 32]", "stage2 [32, 16, 16] ← stage2 [32, 16, 16]"], result.Terms[1].Taps.Select(pair => pair.ToString()));
        Assert.Equal("Conv2d [16, 16, 1, 1]", Assert.Single(result.Terms[1].Parts).Layers[0]);
        Assert.Contains("--set teacher.sftn.lambda_kl=", Assert.Single(result.Advice));
        Assert.All(teacher.Parameters().Concat(method.Parameters()), parameter => Assert.Null(parameter.Grad));
    }

    [Fact]
    public void What_is_still_to_train_is_told_in_place_of_advice()
    {
        using Batch batch = First();
        DryRunResult result = DryRun.Measure(_stage, batch, Compute.Plain, ["teacher", "ft.paraphraser"]);
        Assert.Equal(
            "teacher and ft.paraphraser have not trained yet: taps and modules stay as they are, losses and shares do not.", result.Caveat);
        Assert.Empty(result.Advice);
        Assert.Null(Measure().Caveat);
    }

    private DryRunResult Measure()
    {
        using Batch batch = First();
        return DryRun.Measure(_stage, batch, Compute.Plain);
    }

    private Batch First() => _loader.Epoch(0).First();

    private void Train() => new Trainer(_loader, evaluator: null, Compute.Plain, new RecordingObserver(), checkpoints: null).Train(_stage);

    // Copies: the tensors of all modules, and the state of the random numbers.
    private Dictionary<string, Tensor> Everything()
    {
        using var noGrad = GradMode.Disable();
        Dictionary<string, Tensor> all = _stage.Learners.Append(new("teacher", _teacher))
            .SelectMany(module => module.Value.State().Select(t => KeyValuePair.Create($"{module.Key}.{t.Key}", t.Value.Clone()))).ToDictionary();
        all["random"] = Generator.Default.GetState();
        return all;
    }
}
