using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public class FactorTransferTests
{
    private static readonly Func<Tensor, Tensor, Tensor> Official = (s, t) => FactorTransfer.WholeFactorDistance(s, t, 1);
    private static readonly Func<Tensor, Tensor, Tensor> RepDistiller = (s, t) => FactorTransfer.AttentionDistance(s, t, 2, 1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Scaling_either_factor_changes_nothing(bool official)
    {
        using var scope = new TensorScope();
        Func<Tensor, Tensor, Tensor> loss = official ? Official : RepDistiller;
        Tensor student = Aten.Randn([4, 6, 5, 5]), teacher = Aten.Randn([4, 6, 5, 5]);
        TensorAssert.Close(loss(student, teacher), loss(student * 7.0, teacher));
        TensorAssert.Close(loss(student, teacher), loss(student, teacher * 0.2));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Equal_factors_have_no_distance(bool official)
    {
        using var scope = new TensorScope();
        Tensor factor = Aten.Randn([4, 6, 5, 5]);
        Assert.Equal(0, (official ? Official : RepDistiller)(factor, factor).ToDouble());
    }

    [Fact]
    public void The_variants_are_different_losses()
    {
        using var scope = new TensorScope();
        Tensor student = Aten.Randn([4, 6, 5, 5]), teacher = Aten.Randn([4, 6, 5, 5]);
        Assert.True(Math.Abs(Official(student, teacher).ToDouble() - RepDistiller(student, teacher).ToDouble()) > 1e-3);
    }

    [Fact]
    public void Squared_distance_is_that_of_the_cosine()
    {
        using var scope = new TensorScope();
        Tensor student = Aten.Randn([4, 6, 5, 5]), teacher = Aten.Randn([4, 6, 5, 5]);
        Tensor cosine = Aten.CosineSimilarity(student.Flatten(1), teacher.Flatten(1));
        TensorAssert.Close((2.0 - (cosine * 2.0)).Mean() / 150, FactorTransfer.WholeFactorDistance(student, teacher, 2));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_factor_of_zeros_gets_no_gradient_and_the_others_theirs(bool official)
    {
        using var scope = new TensorScope();
        Tensor student = Aten.Randn([2, 6, 5, 5]);
        student[0].Fill_(0);
        Func<Tensor, Tensor> loss = x => (official ? Official : RepDistiller)(x, Aten.Randn([2, 6, 5, 5]));
        Tensor gradient = loss.GradientAt(student);
        Assert.Equal(0, SampleStep.Norm(gradient[0]));
        Assert.InRange(SampleStep.Norm(gradient[1]), 1e-6, 1);
    }

    [Theory]
    [InlineData(MemoryFormat.ChannelsLast, MemoryFormat.ChannelsLast)]
    [InlineData(MemoryFormat.ChannelsLast, MemoryFormat.Contiguous)]
    [InlineData(MemoryFormat.Contiguous, MemoryFormat.ChannelsLast)]
    public void The_order_in_memory_does_not_matter(MemoryFormat ofStudent, MemoryFormat ofTeacher)
    {
        using var scope = new TensorScope();
        Tensor student = MethodBench.Random(1, 3, 6, 5, 4), teacher = MethodBench.Random(2, 3, 6, 5, 4), other = teacher.To(ofTeacher);
        Func<Tensor, Tensor> planar = x => Official(x, teacher), last = x => Official(x.To(ofStudent), other);
        TensorAssert.Close(planar(student), last(student), 1e-12);
        TensorAssert.Close(planar.GradientAt(student), last.GradientAt(student), 1e-12);
    }

    [Fact]
    public void Channels_last_factors_take_no_more_memory_than_others()
    {
        long Peak(MemoryFormat order)
        {
            using var scope = new TensorScope();
            Tensor student = MethodBench.RandomSingle(1, 16, 32, 16, 16).To(order), teacher = MethodBench.RandomSingle(2, 16, 32, 16, 16).To(order);
            student.RequiresGrad = true;
            TorchRuntime.ResetPeakMemory();
            long before = TorchRuntime.Memory.InUse;
            Official(student, teacher).Backward();
            return TorchRuntime.Memory.Peak - before;
        }

        long planar = Peak(MemoryFormat.Contiguous);
        Assert.InRange(Peak(MemoryFormat.ChannelsLast), 1, planar);
    }

    [Theory]
    [InlineData(FactorTransferVariant.Official)]
    [InlineData(FactorTransferVariant.RepDistiller)]
    public void The_translator_learns_and_the_paraphraser_only_in_its_own_stage(FactorTransferVariant variant)
    {
        using var scope = new TensorScope();
        using var method = new FactorTransfer(new FactorTransferOptions { Variant = variant });
        MethodBinding binding = SampleBinding.Of(([4, 6, 6], [8, 6, 6]));
        method.Bind(binding);
        MethodStage stage = Assert.Single(method.Stages);
        StepInput step = SampleStep.For(binding);

        method.Loss(step).Value.Backward();
        Assert.All(stage.Learner.Parameters(), parameter => Assert.Null(parameter.Grad));
        Assert.NotEqual(0, SampleStep.Norm(step.Features[0].Student.Grad));

        stage.Loss(step).Value.Backward();
        Assert.Equal("paraphraser", stage.Name);
        Assert.All(stage.Learner.Parameters(), parameter => Assert.NotEqual(0, SampleStep.Norm(parameter.Grad)));
        Assert.All(method.Parameters(), parameter => Assert.NotNull(parameter.Grad));
    }

    [Theory]
    [InlineData(FactorTransferVariant.Official, 8)] // 7.5 rounds to the even number
    [InlineData(FactorTransferVariant.RepDistiller, 7)]
    public void The_rate_scales_the_channels_of_the_factor(FactorTransferVariant variant, long factors)
    {
        using var scope = new TensorScope();
        using var method = new FactorTransfer(new FactorTransferOptions { Variant = variant, Rate = 0.75 });
        MethodBinding binding = SampleBinding.Of(([4, 6, 6], [10, 6, 6]));
        method.Bind(binding);
        IReadOnlyDictionary<string, Tensor> outputs = method.Loss(SampleStep.For(binding)).Outputs;
        Assert.Equal([SampleStep.Batch, factors, 6, 6], outputs["factor.student"].Shape);
        Assert.Equal([SampleStep.Batch, factors, 6, 6], outputs["factor.teacher"].Shape);
    }

    [Fact]
    public void A_paraphraser_that_is_given_is_loaded_and_what_it_rebuilds_is_shown_beside_the_teachers_map()
    {
        using var scope = new TensorScope();
        using var method = new FactorTransfer(new FactorTransferOptions { Paraphraser = "runs/a/checkpoints/ft.paraphraser" });
        MethodBinding binding = SampleBinding.Of(([4, 6, 6], [8, 6, 6]));
        method.Bind(binding);
        StepInput step = SampleStep.For(binding);
        MethodStage stage = Assert.Single(method.Stages);
        StageFigure figure = stage.Figure!(step);

        Assert.Equal("runs/a/checkpoints/ft.paraphraser", stage.Checkpoint);
        Assert.True(figure.First.Is(step.Features[0].Teacher));
        TensorAssert.Same(stage.Loss(step).Outputs["reconstruction"], figure.Second, "rebuilt");
    }

    [Theory]
    [InlineData(FactorTransferVariant.Official, null, "pooled.map:stage2")] // a wide ResNet's stage is a bare sum, of both signs
    [InlineData(FactorTransferVariant.RepDistiller, null, "stage2")]
    [InlineData(FactorTransferVariant.Official, "stage1:stage2", "stage1:stage2")]
    [InlineData(FactorTransferVariant.RepDistiller, "stage1", "stage1")]
    public void The_official_variant_compares_the_maps_that_are_pooled_and_the_other_the_last_stages(
        FactorTransferVariant variant, string? tap, string expected)
    {
        NetworkShape Network(string? pooledMap) => new()
        {
            Name = "net", Classes = 10, PooledMap = pooledMap,
            Taps = new OrderedDictionary<string, long[]> { ["stage1"] = [4, 8, 8], ["stage2"] = [6, 4, 4], ["pooled.map"] = [6, 4, 4] },
        };
        using var method = new FactorTransfer(new FactorTransferOptions { Variant = variant, Tap = tap is null ? null : TapPair.Parse(tap, null) });
        Assert.Equal([TapPair.Parse(expected, null)], method.ChooseTaps(Network("pooled.map"), Network(null)));
    }

    [Fact]
    public void The_official_variant_refuses_maps_of_different_size_with_both_shapes()
    {
        using var method = new FactorTransfer(new FactorTransferOptions());
        string message = Assert.Throws<MethodException>(() => method.Bind(SampleBinding.Of(([4, 8, 8], [10, 4, 4])))).Message;
        Assert.Contains("[4, 8, 8]", message);
        Assert.Contains("[10, 4, 4]", message);
    }

    [Fact]
    public void An_exponent_of_the_other_variant_is_a_problem()
    {
        Assert.Equal("P", Assert.Single(new FactorTransferOptions { Variant = FactorTransferVariant.RepDistiller, P = 1 }.Validate()).Property);
        Assert.Equal("P2", Assert.Single(new FactorTransferOptions { P2 = 1 }.Validate()).Property);
        Assert.Empty(new FactorTransferOptions { P = 2 }.Validate());
    }
}
