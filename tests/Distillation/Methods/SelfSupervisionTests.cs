using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public class SelfSupervisionTests
{
    private const long Samples = 4, Rows = 4 * Samples;

    [Fact]
    public void A_rank_counts_the_entries_above_the_true_one()
    {
        using var scope = new TensorScope();
        Tensor scores = Tensor.From<float>([5, 1, 3, 5, 1, 3, 5, 1, 3, 2, 2, 2], 4, 3);
        Assert.Equal([0, 2, 1, 0], SelfSupervision.Ranks(scores, Tensor.From<long>([0, 1, 2, 1])).ToArray<long>());
    }

    [Theory]
    // Wrong are the rows 0, 2, 3, 5 and 6 with ranks 2, 1, 4, 1 and 2: the best first, of equals the first.
    [InlineData(1, new long[] { 0, 1, 2, 3, 4, 5, 6, 7 })]
    [InlineData(0.8, new long[] { 0, 1, 2, 4, 5, 6, 7 })]
    [InlineData(0.75, new long[] { 0, 1, 2, 4, 5, 7 })] // 3.75 rows
    [InlineData(0.2, new long[] { 1, 2, 4, 7 })]
    [InlineData(0.19, new long[] { 1, 4, 7 })]
    [InlineData(0, new long[] { 1, 4, 7 })]
    public void Right_rows_and_the_best_of_the_wrong_ones_are_kept(double ratio, long[] expected)
    {
        using var scope = new TensorScope();
        Tensor kept = SelfSupervision.Kept(Tensor.From<long>([2, 0, 1, 4, 0, 1, 2, 0]), ratio);
        Assert.Equal(expected, kept.Nonzero().Flatten().ToArray<long>());
    }

    [Fact]
    public void A_divergence_over_some_rows_is_that_of_these_rows_alone_and_none_give_nothing()
    {
        using var scope = new TensorScope();
        Tensor student = Aten.Randn([5, 7]), teacher = Aten.Randn([5, 7]), chosen = Tensor.From<long>([1, 4]);
        Tensor kept = Tensor.From<long>([0, 1, 0, 0, 1]).Gt(0);
        TensorAssert.Close(
            KnowledgeDistillation.Divergence(student.IndexSelect(0, chosen), teacher.IndexSelect(0, chosen), 0.5),
            SelfSupervision.Divergence(student, teacher, kept, 0.5), 1e-5);
        Assert.Equal(0, SelfSupervision.Divergence(student, teacher, kept.ZerosLike(), 0.5).ToDouble());
    }

    [Fact]
    public void Similarities_are_the_cosines_of_turned_and_upright_rows()
    {
        using var scope = new TensorScope();
        Tensor vectors = Aten.Randn([8, 5]), similarities = SelfSupervision.Similarities(vectors);
        Assert.Equal([6L, 2], similarities.Shape);
        long[] upright = [0, 4], turned = [1, 2, 3, 5, 6, 7];
        for (int i = 0; i < turned.Length; i++)
        {
            for (int j = 0; j < upright.Length; j++)
            {
                Tensor cosine = Aten.CosineSimilarity(vectors.Select(0, turned[i]), vectors.Select(0, upright[j]), dim: 0);
                Assert.Equal(cosine.ToDouble(), similarities.Select(0, i).Select(0, j).ToDouble(), 1e-5);
            }
        }
    }

    [Fact]
    public void The_student_and_its_head_learn_and_the_teachers_head_only_in_its_own_stage()
    {
        using var scope = new TensorScope();
        using var method = new SelfSupervision(new SelfSupervisionOptions());
        StepInput step = Bound(method);
        MethodStage stage = Assert.Single(method.Stages);

        method.Loss(step).Value.Backward();
        Assert.All(method.NamedParameters(), parameter => Assert.Equal(IsStudents(parameter.Key), SampleStep.Norm(parameter.Value.Grad) > 0));
        Assert.NotEqual(0, SampleStep.Norm(step.Features[0].Student.Grad));
        Assert.NotEqual(0, SampleStep.Norm(step.StudentLogits.Grad));

        foreach (Tensor parameter in method.Parameters())
            parameter.Grad = null;
        stage.Loss(step).Value.Backward();
        Assert.Equal("head", stage.Name);
        Assert.All(stage.Learner.Parameters(), parameter => Assert.NotEqual(0, SampleStep.Norm(parameter.Grad)));
        Assert.All(method.NamedParameters().Where(p => IsStudents(p.Key)), p => Assert.Null(p.Value.Grad));
    }

    [Fact]
    public void The_term_weighs_its_parts()
    {
        using var scope = new TensorScope();
        using var method = new SelfSupervision(new SelfSupervisionOptions { KdWeight = 2, TfWeight = 3, SsWeight = 5 });
        MethodLoss loss = method.Loss(Bound(method));
        double Part(string name) => loss.Outputs[name].ToDouble();
        Assert.All(loss.Outputs.Keys, name => Assert.True(Part(name) > 0, name));
        Assert.Equal((2 * Part("kd")) + (3 * Part("tf")) + (5 * Part("ss")), loss.Value.ToDouble(), 1e-5 * loss.Value.ToDouble());
    }

    [Fact]
    public void A_student_that_is_its_teacher_has_nothing_to_learn()
    {
        using var scope = new TensorScope();
        using var method = new SelfSupervision(new SelfSupervisionOptions());
        StepInput step = Bound(method, length: 6);
        Dictionary<string, Tensor> state = method.State().ToDictionary(t => t.Key, t => t.Value);
        foreach (string name in state.Keys.Where(IsStudents).ToArray())
            state[name] = state["teacher." + name["student.".Length..]];
        method.LoadState(state);
        Tensor vectors = step.Features[0].Teacher;
        Assert.Equal(0, method.Loss(step with { StudentLogits = step.TeacherLogits, Features = [new(vectors, vectors)] }).Value.ToDouble(), 1e-5);
    }

    [Theory]
    [InlineData(60, 30, 45)]
    [InlineData(10, 5, 8)]
    [InlineData(1, 1, 1)]
    public void The_heads_rate_falls_after_half_and_three_quarters_of_its_epochs(int epochs, int first, int second)
    {
        using var method = new SelfSupervision(new SelfSupervisionOptions { HeadEpochs = epochs });
        method.Bind(SampleBinding.Of(([6], [8])));
        Assert.Equal([first, second], Assert.Single(method.Stages).Milestones);
    }

    [Fact]
    public void What_does_not_fit_is_refused_with_the_reason()
    {
        using var method = new SelfSupervision(new SelfSupervisionOptions());
        MethodBinding binding = SampleBinding.Of(([6], [8]));
        string Refusal(MethodBinding given) => Assert.Throws<MethodException>(() => method.Bind(given)).Message;
        Assert.Contains("[4, 8, 8]", Refusal(SampleBinding.Of(([4, 8, 8], [8]))));
        Assert.Contains("small has 7 and large 10", Refusal(binding with { Student = binding.Student with { Classes = 7 } }));
        NetworkShape oblong = binding.Student with { ImageHeight = 32, ImageWidth = 24 };
        Assert.Contains("are 32 pixels high and 24 wide", Refusal(binding with { Student = oblong }));
    }

    [Fact]
    public void Weights_that_are_all_0_are_a_problem()
    {
        Assert.Equal("SsWeight", Assert.Single(new SelfSupervisionOptions { KdWeight = 0, TfWeight = 0, SsWeight = 0 }.Validate()).Property);
        Assert.Empty(new SelfSupervisionOptions { KdWeight = 0, TfWeight = 0 }.Validate());
    }

    private static bool IsStudents(string name) => name.StartsWith("student.", StringComparison.Ordinal);

    private static StepInput Bound(SelfSupervision method, long length = 8)
    {
        TorchRuntime.Seed(1);
        MethodBinding binding = SampleBinding.Of(([length], [6]));
        method.Bind(binding);
        return new StepInput
        {
            StudentLogits = SampleStep.Learning(Rows, binding.Student.Classes),
            TeacherLogits = Aten.Randn([Rows, binding.Teacher.Classes]),
            Features = [new FeaturePair(SampleStep.Learning(Rows, length), Aten.Randn([Rows, 6]))],
            Labels = Aten.Arange(Samples, DType.Int64),
            Indices = Aten.Arange(Samples, DType.Int64),
        };
    }
}
