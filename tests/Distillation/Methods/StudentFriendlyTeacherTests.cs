using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Distillation.Options;
using Retort.Tests.Torch;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.Optimizers;
using Retort.Vision.Models;

namespace Retort.Tests.Distillation.Methods;

public sealed class StudentFriendlyTeacherTests
{
    private const int Classes = 10;

    /// <summary>Pairs of methods.md, 5.2.3; then networks with unlike numbers of stages.</summary>
    [Theory]
    [InlineData("resnet32x4", "ShuffleV2", 32,
        "stage1 [64, 32, 32] to stage1 [116, 16, 16] by 3x3 convolution, stride 2; stage2 [128, 16, 16] to stage2 [232, 8, 8] by 3x3 convolution, stride 2")]
    [InlineData("ResNet50", "MobileNetV2", 32,
        "stage1 [256, 32, 32] to stage1 [12, 16, 16] by 3x3 convolution, stride 2; stage2 [512, 16, 16] to stage2 [16, 8, 8] by 3x3 convolution, stride 2; "
        + "stage3 [1024, 8, 8] to stage3 [48, 4, 4] by 3x3 convolution, stride 2")]
    [InlineData("wrn_40_2", "wrn_16_2", 32,
        "stage1 [32, 32, 32] to stage1 [32, 32, 32] by 1x1 convolution; stage2 [64, 16, 16] to stage2 [64, 16, 16] by 1x1 convolution")]
    [InlineData("ResNet50", "resnet8", 32,
        "stage1 [256, 32, 32] to stage1 [16, 32, 32] by 1x1 convolution; stage2 [512, 16, 16] to stage2 [32, 16, 16] by 1x1 convolution")]
    [InlineData("vgg8", "resnet8", 32,
        "stage1 [128, 16, 16] to stage1 [16, 32, 32] by transposed 4x4 convolution, stride 2; "
        + "stage2 [256, 8, 8] to stage2 [32, 16, 16] by transposed 4x4 convolution, stride 2")]
    [InlineData("resnet18", "mobilenet_v1", 64,
        "stage1 [64, 16, 16] to stage2 [128, 16, 16] by 1x1 convolution; stage2 [128, 8, 8] to stage3 [256, 8, 8] by 1x1 convolution; "
        + "stage3 [256, 4, 4] to stage4 [512, 4, 4] by 1x1 convolution")]
    public void Branches_stand_on_all_stages_but_the_last_and_reach_the_students_shapes(string teacher, string student, int size, string expected)
    {
        using var scope = new TensorScope();
        using Network network = ModelRegistry.Default.Create(teacher, Classes);
        using StudentFriendlyTeacher method = Bound(new(), student, Shape(teacher, network, size), size);
        Assert.Equal(expected, method.Record["branches"]);
        Assert.Equal((student, "sftn", "3"), (method.Record["student"], method.Record["method"], method.Record["lambda_kl"]));

        NetworkOutput output = network.Forward(Aten.Randn([2, 3, size, size]), method.TeacherTaps);
        IReadOnlyDictionary<string, Tensor> branches = method.RunBranches(output);
        Assert.Equal(expected.Split("; ").Select((_, k) => $"branch.{k}"), branches.Keys);
        Assert.All(branches.Values, logits => Assert.Equal([2, Classes], logits.Shape));
    }

    [Fact]
    public void Points_can_be_named_the_last_stage_and_unlike_sizes_too()
    {
        using var scope = new TensorScope();
        using Network network = ModelRegistry.Default.Create("resnet8", Classes);
        var options = new StudentFriendlyTeacherOptions { Branches = [new("stage3", "stage3"), new("stage2", "stem"), new("stage3", "stage1")] };
        using StudentFriendlyTeacher method = Bound(options, "vgg8", Shape("resnet8", network), 32);

        Assert.Equal(
            "stage3 [64, 8, 8] to stage3 [512, 4, 4] by 3x3 convolution, stride 2; stem [16, 32, 32] to stage2 [256, 8, 8] by average pooling, 1x1 convolution; "
            + "stage1 [16, 32, 32] to stage3 [512, 4, 4] by average pooling, 1x1 convolution",
            method.Record["branches"]);
        Assert.Equal(3, method.RunBranches(network.Forward(Aten.Randn([2, 3, 32, 32]), method.TeacherTaps)).Count);
    }

    [Fact]
    public void A_branch_has_weights_of_its_own_and_only_those_behind_its_point()
    {
        using Network network = ModelRegistry.Default.Create("resnet14", Classes), student = ModelRegistry.Default.Create("resnet8", Classes);
        using StudentFriendlyTeacher method = Bound(new(), "resnet8", Shape("resnet14", network), 32);

        long Of(string prefix) => student.NamedParameters().Where(p => p.Key.StartsWith(prefix, StringComparison.Ordinal)).Sum(p => p.Value.Count);
        long transforms = (16 * 16) + (3 * 16) + (32 * 32) + (3 * 32); // convolutions with bias, norms
        Assert.Equal(Of("layer2") + (2 * Of("layer3")) + (2 * Of("fc")) + transforms, method.Parameters().Sum(p => p.Count));
        Dictionary<string, Tensor> own = method.NamedParameters().ToDictionary();
        Assert.DoesNotContain(own.Keys, name => name.Contains("layer1", StringComparison.Ordinal) || name.Contains("student.conv1", StringComparison.Ordinal));
        Assert.False(own["branches.0.student.layer3.0.conv1.weight"].Equal(own["branches.1.student.layer3.0.conv1.weight"]));
    }

    [Theory]
    [InlineData(0, 3, 0)]
    [InlineData(0, 0, 1)]
    [InlineData(1, 3, 1)]
    public void The_term_alone_moves_trunk_and_branches_and_falls(double teacherWeight, double klWeight, double ceWeight)
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        using Network network = ModelRegistry.Default.Create("resnet8", Classes);
        var options = new StudentFriendlyTeacherOptions { LambdaT = teacherWeight, LambdaKl = klWeight, LambdaCe = ceWeight };
        using StudentFriendlyTeacher method = Bound(options, "resnet8", Shape("resnet8", network), 32);
        Tensor images = Aten.Randn([8, 3, 32, 32]), labels = Aten.Arange(8, DType.Int64);
        Tensor[] parameters = [.. network.Parameters(), .. method.Parameters()];
        Tensor[] before = [.. parameters.Select(p => p.Detach().Clone())];
        using var optimizer = new Sgd(parameters, learningRate: 0.05);

        List<double> losses = [];
        for (int i = 0; i < 8; i++)
        {
            NetworkOutput output = network.Forward(images, method.TeacherTaps);
            Tensor loss = method.Loss(Step(output.Logits, labels, method.RunBranches(output))).Value;
            losses.Add(loss.ToDouble());
            optimizer.ZeroGrad();
            loss.Backward();
            optimizer.Step();
        }

        Assert.True(losses[^1] < 0.9 * losses[0], string.Join(", ", losses));
        string[] names = [.. network.NamedParameters().Select(p => p.Key), .. method.NamedParameters().Select(p => p.Key)];
        string[] still = [.. names.Where((_, i) => before[i].Equal(parameters[i]))];
        // Without a gradient through the teacher's logits its last stage, which no branch reads, rests.
        bool onlyBranches = teacherWeight == 0 && klWeight == 0;
        Assert.All(still, name => Assert.True(
            name.EndsWith("conv.bias", StringComparison.Ordinal) // in front of a norm
            || (onlyBranches && (name.StartsWith("layer3", StringComparison.Ordinal) || name.StartsWith("fc", StringComparison.Ordinal))), name));
        Assert.DoesNotContain("conv1.weight", still);
    }

    [Fact]
    public void The_loss_is_the_sum_of_its_terms_and_a_mean_over_branches_is_their_sum_divided()
    {
        using var scope = new TensorScope();
        StepInput step = RandomStep(branches: 3);
        MethodLoss sum = Loss(new() { LambdaT = 2, LambdaKl = 5, LambdaCe = 0.5 }, step), mean = Loss(new() { BranchReduction = BranchReduction.Mean }, step);

        Assert.Equal(sum.Value.ToDouble(),
            (2 * sum.Outputs["teacher"].ToDouble()) + (5 * sum.Outputs["kl"].ToDouble()) + (0.5 * sum.Outputs["ce"].ToDouble()), 4);
        Assert.Equal(sum.Outputs["kl"].ToDouble() / 3, mean.Outputs["kl"].ToDouble(), 1e-5);
        Assert.Equal(sum.Outputs["ce"].ToDouble() / 3, mean.Outputs["ce"].ToDouble(), 1e-5);
        Assert.Equal(sum.Outputs["teacher"].ToDouble(), mean.Outputs["teacher"].ToDouble(), 1e-6);

        using var method = new StudentFriendlyTeacher(new() { LambdaT = 2, LambdaKl = 5, LambdaCe = 0.5 });
        Assert.Equal(["ce", "branch_kl", "branch_ce"], method.Terms(step).Select(term => term.Key));
        Assert.Equal(sum.Value.ToDouble(), method.Terms(step).Sum(term => term.Value.ToDouble()), 1e-4);
    }

    [Fact]
    public void Gradient_reaches_the_teachers_first_layer_through_each_branch()
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        using Network network = ModelRegistry.Default.Create("resnet8", Classes);
        using StudentFriendlyTeacher method = Bound(new(), "resnet8", Shape("resnet8", network), 32);
        Tensor first = network.NamedParameters().Single(p => p.Key == "conv1.weight").Value, images = Aten.Randn([2, 3, 32, 32]);
        Assert.Equal(2, method.Binding.Pairs.Count);
        for (int k = 0; k < 2; k++)
        {
            first.Grad = null;
            method.RunBranches(network.Forward(images, method.TeacherTaps))[$"branch.{k}"].Square().Sum().Backward();
            Assert.NotEqual(0, SampleStep.Norm(first.Grad));
        }
    }

    [Fact]
    public void T_squared_multiplies_the_divergence_alone_by_the_temperatures_square()
    {
        using var scope = new TensorScope();
        StepInput step = RandomStep(branches: 2);
        MethodLoss plain = Loss(new() { Temperature = 2 }, step), squared = Loss(new() { Temperature = 2, TSquared = true }, step);
        Assert.NotEqual(0, plain.Outputs["kl"].ToDouble(), 1e-3);
        Assert.Equal(4 * plain.Outputs["kl"].ToDouble(), squared.Outputs["kl"].ToDouble(), 1e-5);
        Assert.Equal(plain.Outputs["ce"].ToDouble(), squared.Outputs["ce"].ToDouble());
        Assert.Equal(3 * 3 * plain.Outputs["kl"].ToDouble(), squared.Value.ToDouble() - plain.Value.ToDouble(), 1e-4); // 4 − 1 times lambda_kl
    }

    [Fact]
    public void A_detached_teacher_gets_no_gradient_of_the_divergence()
    {
        using var scope = new TensorScope();
        double Gradient(bool detach)
        {
            StepInput step = RandomStep(branches: 2);
            step.TeacherLogits.RequiresGrad = step.Inputs["branch.0"].RequiresGrad = true;
            Loss(new() { LambdaT = 0, LambdaCe = 0, DetachTeacher = detach }, step).Value.Backward();
            Assert.NotEqual(0, SampleStep.Norm(step.Inputs["branch.0"].Grad));
            return SampleStep.Norm(step.TeacherLogits.Grad);
        }

        Assert.Equal(0, Gradient(detach: true));
        Assert.NotEqual(0, Gradient(detach: false));
    }

    [Theory]
    [InlineData(DivergenceDirection.StudentTeacher)]
    [InlineData(DivergenceDirection.TeacherStudent)]
    public void The_divergence_is_that_of_each_branch_has_its_direction_and_is_zero_for_equal_logits(DivergenceDirection direction)
    {
        using var scope = new TensorScope();
        Tensor branches = MethodBench.Random(1, 2, 4, 5), teacher = MethodBench.Random(2, 4, 5);
        double[] each = [.. Enumerable.Range(0, 2).Select(k =>
        {
            Tensor branch = branches.Select(0, k);
            return direction == DivergenceDirection.TeacherStudent
                ? KnowledgeDistillation.Divergence(branch, teacher, 2).ToDouble() / 4 // KD has the factor T²
                : KnowledgeDistillation.Divergence(teacher, branch, 2).ToDouble() / 4;
        })];
        Assert.Equal(each.Sum(), StudentFriendlyTeacher.Divergence(branches, teacher, 2, direction).ToDouble(), 10);
        Assert.Equal(0, StudentFriendlyTeacher.Divergence(Aten.Stack([teacher, teacher]), teacher, 2, direction).ToDouble(), 12);
        MethodBench.CheckGradient(x => StudentFriendlyTeacher.Divergence(x, teacher, 2, direction), branches);
        MethodBench.CheckGradient(x => StudentFriendlyTeacher.Divergence(branches, x, 2, direction), teacher);
    }

    [Fact]
    public void Labels_are_smoothed_as_the_training_says()
    {
        using var scope = new TensorScope();
        StepInput step = RandomStep(branches: 1);
        using Network network = ModelRegistry.Default.Create("resnet8", Classes);
        using StudentFriendlyTeacher method = Bound(new(), "resnet8", Shape("resnet8", network), 32, labelSmoothing: 0.3);
        MethodLoss loss = method.Loss(step);
        Assert.Equal(Losses.CrossEntropy(step.TeacherLogits, step.Labels, 0.3).ToDouble(), loss.Outputs["teacher"].ToDouble(), 1e-6);
        Assert.Equal(Losses.CrossEntropy(step.Inputs["branch.0"], step.Labels, 0.3).ToDouble(), loss.Outputs["ce"].ToDouble(), 1e-6);
    }

    [Fact]
    public void Classes_count_as_the_training_says_for_teacher_and_branches()
    {
        using var scope = new TensorScope();
        StepInput step = RandomStep(branches: 2);
        double[] weights = [.. Enumerable.Range(1, Classes).Select(c => (double)c)];
        using Network network = ModelRegistry.Default.Create("resnet8", Classes);
        using StudentFriendlyTeacher method = Bound(new(), "resnet8", Shape("resnet8", network), 32, classWeights: weights);
        using var labels = new LabelLoss(0, weights);
        MethodLoss loss = method.Loss(step);
        Assert.Equal(labels.Of(step.TeacherLogits, step.Labels).ToDouble(), loss.Outputs["teacher"].ToDouble(), 1e-6);
        Assert.Equal(step.Inputs.Values.Sum(branch => labels.Of(branch, step.Labels).ToDouble()), loss.Outputs["ce"].ToDouble(), 1e-5);
    }

    [Fact]
    public void As_a_term_of_the_students_loss_it_is_refused_with_the_place_where_it_belongs()
    {
        using Network network = ModelRegistry.Default.Create("resnet8", Classes);
        NetworkShape shape = Shape("resnet8", network);
        Method method = MethodRegistry.Default.Find("sftn").Create(OptionMapping.Empty, "sftn");
        string message = Assert.Throws<MethodException>(
            () => new DistillationObjective(1, 0, [new DistillationTerm("sftn", 1, method)], shape, shape)).Message;
        Assert.StartsWith("sftn trains a teacher and is no term of a student's loss: write it under 'teacher', ", message, StringComparison.Ordinal);
        Assert.True(MethodRegistry.Default.Find("sftn").TrainsTeacher);
        Assert.False(MethodRegistry.Default.Find("kd").TrainsTeacher);
    }

    [Theory]
    [InlineData("stage9:stage1", "sftn needs the tap \"stage9\" of the student, but resnet8 has only ")]
    [InlineData("stage1:stage9", "sftn needs the tap \"stage9\" of the teacher, but resnet14 has only ")]
    [InlineData("pooled", "\"pooled\" of resnet8 is [64] and \"pooled\" of resnet14 is [64], but sftn compares feature maps [C, H, W]")]
    [InlineData("stage1.preact:stage1",
        "sftn cannot make a branch of resnet8: CifarResNet cannot be run from \"stage1.preact\", only from stem, stage1, stage2, stage3, pooled. Choose ")]
    public void A_point_that_cannot_be_is_refused_with_the_reason(string point, string message)
    {
        using Network network = ModelRegistry.Default.Create("resnet14", Classes);
        NetworkShape shape = Shape("resnet14", network);
        TensorAssert.LeavesNothing(() => Assert.StartsWith(
            message,
            Assert.Throws<MethodException>(() => Bound(new() { Branches = [TapPair.Parse(point, null)] }, "resnet8", shape, 32)).Message,
            StringComparison.Ordinal));
    }

    [Fact]
    public void Networks_of_one_block_are_refused()
    {
        NetworkShape shape = SampleBinding.Of(([8, 4, 4], [8, 4, 4])).Student;
        using var method = new StudentFriendlyTeacher(new());
        Assert.Contains("sftn puts branches on all stages but the last, but small has 0 and small 0", Assert.Throws<MethodException>(
            () => method.ChooseTaps(shape, shape)).Message);
    }

    [Fact]
    public void Options_that_learn_nothing_or_name_a_point_twice_are_a_problem()
    {
        Assert.Equal("LambdaT", Assert.Single(new StudentFriendlyTeacherOptions { LambdaT = 0, LambdaKl = 0, LambdaCe = 0 }.Validate()).Property);
        Assert.Equal("Branches", Assert.Single(
            new StudentFriendlyTeacherOptions { Branches = [new("stage1", "stage1"), new("stage1", "stage1")] }.Validate()).Property);
        Assert.Empty(new StudentFriendlyTeacherOptions { LambdaT = 0 }.Validate());
    }

    private static StudentFriendlyTeacher Bound(
        StudentFriendlyTeacherOptions options, string student, NetworkShape teacher, int size, double labelSmoothing = 0,
        IReadOnlyList<double>? classWeights = null)
    {
        NetworkShape shape;
        using (Network network = ModelRegistry.Default.Create(student, Classes))
            shape = Shape(student, network, size);
        var method = new StudentFriendlyTeacher(options);
        try
        {
            method.Bind(new MethodBinding
            {
                Student = shape, Teacher = teacher, Pairs = method.ChooseTaps(shape, teacher), LabelSmoothing = labelSmoothing,
                ClassWeights = classWeights,
                CreateStudent = () => ModelRegistry.Default.Create(student, Classes),
            });
            return method;
        }
        catch
        {
            method.Dispose();
            throw;
        }
    }

    private static NetworkShape Shape(string name, Network network, int size = 32) => NetworkShape.Of(name, network, size, size, Device.Cpu);

    private static MethodLoss Loss(StudentFriendlyTeacherOptions options, StepInput step)
    {
        using var method = new StudentFriendlyTeacher(options);
        return method.Loss(step);
    }

    private static StepInput RandomStep(int branches) => Step(
        MethodBench.RandomSingle(7, 4, Classes), Tensor.From<long>([0, 3, 9, 3]),
        Enumerable.Range(0, branches).ToDictionary(k => $"branch.{k}", k => MethodBench.RandomSingle(8 + k, 4, Classes)));

    private static StepInput Step(Tensor teacher, Tensor labels, IReadOnlyDictionary<string, Tensor> branches) => new()
    {
        StudentLogits = teacher, TeacherLogits = teacher, Labels = labels, Indices = Aten.Arange(labels.Size(0), DType.Int64), Inputs = branches,
    };
}
