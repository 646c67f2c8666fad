using Retort.Distillation;
using Retort.Distillation.Features;
using Retort.Distillation.Methods;
using Retort.Distillation.Options;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public sealed class NeuronSelectivityTransferTests
{
    public static TheoryData<int, int, int, int, double> Polynomials => new()
    {
        { 3, 5, 4, 2, 0 }, { 20, 30, 2, 2, 0 }, { 3, 5, 4, 2, 0.5 }, { 20, 30, 2, 2, 0.5 }, { 6, 4, 3, 3, 0.25 }, { 6, 4, 3, 1, 0.25 }, { 9, 2, 3, 4, 0 },
    };

    // The definition, channel by channel: [N, C, C'] of all pairs, and the three means.
    private static Tensor Naive(Tensor student, Tensor teacher, Func<Tensor, Tensor, Tensor> kernel)
    {
        Tensor Mean(Tensor a, Tensor b) => kernel(a.Unsqueeze(2), b.Unsqueeze(1)).Mean();
        return Mean(teacher, teacher) + Mean(student, student) - (Mean(student, teacher) * 2);
    }

    private static Tensor Maps(int seed, int channels, int side) => MethodBench.Random(seed, 3, channels, side, side);

    private static Tensor Channels(int seed, int channels, int side) => NeuronSelectivityTransfer.Channels(Maps(seed, channels, side));

    [Theory]
    [MemberData(nameof(Polynomials))]
    public void Polynomial_kernel_equals_the_definition(int ofStudent, int ofTeacher, int side, int degree, double c)
    {
        using var scope = new TensorScope();
        Tensor teacher = Maps(1, ofTeacher, side), student = Maps(2, ofStudent, side), directions = NeuronSelectivityTransfer.Channels(teacher);
        Func<Tensor, Tensor> efficient = x => NeuronSelectivityTransfer.Polynomial(x, teacher, degree, c);
        Func<Tensor, Tensor> naive = x => Naive(NeuronSelectivityTransfer.Channels(x), directions, (a, b) => ((a * b).Sum([3]) + c).Pow(degree));
        TensorAssert.Close(naive(student), efficient(student), 1e-12);
        TensorAssert.Close(naive.GradientAt(student), efficient.GradientAt(student), 1e-12);
    }

    [Fact]
    public void Both_forms_of_the_square_agree()
    {
        using var scope = new TensorScope();
        Tensor teacher = Maps(1, 5, 3), student = Maps(2, 12, 3);
        TensorAssert.Close(
            NeuronSelectivityTransfer.PolynomialOfChannels(student, teacher, 2, 0),
            NeuronSelectivityTransfer.SquareOfPositions(NeuronSelectivityTransfer.Channels(student), NeuronSelectivityTransfer.Channels(teacher)), 1e-12);
    }

    [Fact]
    public void Linear_kernel_equals_the_definition()
    {
        using var scope = new TensorScope();
        Tensor teacher = Channels(1, 5, 3), student = Channels(2, 12, 3);
        TensorAssert.Close(Naive(student, teacher, (a, b) => (a * b).Sum([3])), NeuronSelectivityTransfer.Linear(student, teacher), 1e-12);
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(null)]
    public void Gaussian_kernel_equals_the_definition(double? sigma2)
    {
        using var scope = new TensorScope();
        Tensor teacher = Channels(1, 5, 3), student = Channels(2, 7, 3);
        // σ² by its closed form: 2 − 2 mean(u) · mean(v).
        Tensor variance = sigma2 is { } given
            ? Aten.Full([3, 1, 1], given, DType.Float64)
            : 2 - ((teacher.Mean([1]) * student.Mean([1])).Sum([1]).Reshape([3, 1, 1]) * 2);
        Func<Tensor, Tensor> efficient = x => NeuronSelectivityTransfer.Gaussian(x, teacher, sigma2);
        Func<Tensor, Tensor> naive = x => Naive(x, teacher, (a, b) => ((a - b).Square().Sum([3]) / variance / -2).Exp());
        TensorAssert.Close(naive(student), efficient(student), 1e-12);
        TensorAssert.Close(naive.GradientAt(student), efficient.GradientAt(student), 1e-12);
    }

    [Theory]
    [InlineData(SelectivityKernel.Polynomial)]
    [InlineData(SelectivityKernel.Linear)]
    [InlineData(SelectivityKernel.Gaussian)]
    public void Channels_may_be_permuted_and_scaled_and_equal_maps_give_0(SelectivityKernel kernel)
    {
        using var scope = new TensorScope();
        var method = new NeuronSelectivityTransfer(new() { Kernel = kernel });
        Tensor student = MethodBench.RandomSingle(1, 3, 6, 4, 4), teacher = MethodBench.RandomSingle(2, 3, 8, 4, 4);
        Tensor scaled = (student * (MethodBench.RandomSingle(3, 1, 6, 1, 1).Abs() + 0.1)).Flip([1]);
        double Of(Tensor s, Tensor t) => method.Value(MethodBench.Step(new FeaturePair(s, t)));
        Assert.Equal(Of(student, teacher), Of(scaled, teacher), 1e-6);
        Assert.Equal(Of(student, teacher), Of(student.Flip([2, 3]), teacher.Flip([2, 3])), 1e-6);
        Assert.Equal(0, Of(student, scaled), 1e-6);
    }

    [Theory]
    [InlineData(SelectivityKernel.Polynomial)]
    [InlineData(SelectivityKernel.Linear)]
    [InlineData(SelectivityKernel.Gaussian)]
    public void Dead_channels_get_no_gradient_and_the_others_a_finite_one(SelectivityKernel kernel)
    {
        using var scope = new TensorScope();
        var method = new NeuronSelectivityTransfer(new() { Kernel = kernel });
        Tensor student = MethodBench.RandomSingle(1, 3, 6, 4, 4), teacher = MethodBench.RandomSingle(2, 3, 8, 4, 4);
        student[TensorIndex.All, 2].Fill_(0);
        teacher[TensorIndex.All, 5].Fill_(0);
        Func<Tensor, Tensor> loss = x => method.Loss(MethodBench.Step(new FeaturePair(x, teacher))).Value;
        Tensor gradient = loss.GradientAt(student);
        Assert.Equal(0, gradient[TensorIndex.All, 2].Abs().Sum().ToDouble());
        Assert.InRange(gradient.Abs().Max().ToDouble(), 1e-6, 10);
    }

    /// <summary>
    /// Of 64 maps of 256 · 8 · 8, the differences of all pairs of channels, as the definition has them, would be 256 times as large, a GiB for each of
    /// its three means. The Gaussian kernel needs some thirty Gram matrices of 256², each as large as 4 maps; the others none. Of maps of
    /// 16 · 32 · 32 the positions' Gram matrices would be 64 times as large, and the channels' are small.
    /// </summary>
    [Theory]
    [InlineData(SelectivityKernel.Polynomial, 256, 8, 12)]
    [InlineData(SelectivityKernel.Linear, 256, 8, 12)]
    [InlineData(SelectivityKernel.Gaussian, 256, 8, 128)]
    [InlineData(SelectivityKernel.Polynomial, 16, 32, 12)]
    [InlineData(SelectivityKernel.Linear, 16, 32, 12)]
    [InlineData(SelectivityKernel.Gaussian, 16, 32, 16)]
    public void Memory_is_a_small_multiple_of_the_maps(SelectivityKernel kernel, int channels, int side, int multiple)
    {
        using var scope = new TensorScope();
        var method = new NeuronSelectivityTransfer(new() { Kernel = kernel });
        Tensor student = MethodBench.RandomSingle(1, 64, channels, side, side), teacher = MethodBench.RandomSingle(2, 64, channels, side, side);
        student.RequiresGrad = true;
        TorchRuntime.ResetPeakMemory();
        long before = TorchRuntime.Memory.InUse, maps = student.Count * sizeof(float);
        method.Loss(MethodBench.Step(new FeaturePair(student, teacher))).Value.Backward();
        Assert.InRange((TorchRuntime.Memory.Peak - before) / (double)maps, 1, multiple);
    }

    [Fact]
    public void Larger_maps_are_averaged_down()
    {
        using var scope = new TensorScope();
        var method = new NeuronSelectivityTransfer(new());
        Tensor student = MethodBench.RandomSingle(1, 3, 6, 4, 4), teacher = MethodBench.RandomSingle(2, 3, 8, 8, 8);
        Assert.Equal(
            method.Value(MethodBench.Step(new FeaturePair(student, teacher.AvgPool2d([2, 2])))),
            method.Value(MethodBench.Step(new FeaturePair(student, teacher))), 1e-6);
    }

    [Fact]
    public void Maps_of_one_position_are_refused_with_their_shapes()
    {
        using var method = new NeuronSelectivityTransfer(new());
        string message = Assert.Throws<MethodException>(() => method.Bind(MethodBench.Binding(([8, 1, 1], [16, 4, 4])))).Message;
        Assert.Contains("of small is [8, 1, 1]", message);
        Assert.Contains("of large is [16, 4, 4]", message);
    }

    [Fact]
    public void Vectors_and_maps_that_no_pooling_fits_are_refused()
    {
        using var method = new NeuronSelectivityTransfer(new());
        Assert.Throws<MethodException>(() => method.Bind(MethodBench.Binding(([8], [16]))));
        Assert.Throws<MethodException>(() => method.Bind(MethodBench.Binding(([8, 4, 4], [16, 4, 6]))));
        Assert.Throws<MethodException>(() => method.Bind(MethodBench.Binding(([8, 4, 6], [16, 8, 4]))));
        method.Bind(MethodBench.Binding(([8, 4, 6], [16, 4, 6])));
        method.Bind(MethodBench.Binding(([8, 4, 6], [16, 8, 12])));
    }

    [Fact]
    public void The_bandwidth_may_be_the_mean_over_the_pairs_of_both_networks_channels_together()
    {
        using var scope = new TensorScope();
        Tensor teacher = Channels(1, 5, 3), student = Channels(2, 7, 3);
        // By its closed form: 2 − 2 ‖mean of all channels‖².
        Tensor variance = 2 - (Aten.Cat([teacher, student], 1).Mean([1]).Square().Sum([1]).Reshape([3, 1, 1]) * 2);
        Func<Tensor, Tensor> efficient = x => NeuronSelectivityTransfer.Gaussian(x, teacher, sigma2: null, BandwidthPairs.Union);
        Func<Tensor, Tensor> naive = x => Naive(x, teacher, (a, b) => ((a - b).Square().Sum([3]) / variance / -2).Exp());
        TensorAssert.Close(naive(student), efficient(student), 1e-12);
        TensorAssert.Close(naive.GradientAt(student), efficient.GradientAt(student), 1e-12);
        Assert.NotEqual(efficient(student).ToDouble(), NeuronSelectivityTransfer.Gaussian(student, teacher, sigma2: null).ToDouble());
    }

    [Fact]
    public void Pairs_for_a_mean_that_is_not_taken_are_a_problem()
    {
        Assert.Equal("BandwidthPairs", Assert.Single(
            new NeuronSelectivityTransferOptions { Kernel = SelectivityKernel.Gaussian, BandwidthPairs = BandwidthPairs.Union, Sigma2 = new(0.5) }.Validate()).Property);
        Assert.Empty(new NeuronSelectivityTransferOptions { Kernel = SelectivityKernel.Gaussian, BandwidthPairs = BandwidthPairs.Union }.Validate());
    }

    [Theory]
    [InlineData("kernel=gaussian degree=3", "nst.degree")]
    [InlineData("kernel=linear c=0.5", "nst.c")]
    [InlineData("kernel=linear sigma2=0.5", "nst.sigma2")]
    [InlineData("sigma2=mean", "nst.sigma2")]
    [InlineData("kernel=polynomial bandwidth_pairs=cross", "nst.bandwidth_pairs")]
    public void An_option_of_another_kernel_is_refused_with_the_kernel_that_has_it(string options, string key)
    {
        string message = Assert.Throws<OptionsException>(() => MethodRegistry.Default.Find("nst").Create(MethodBench.Options(options), "nst")).Message;
        Assert.Contains($"'{key}' belongs to the kernel ", message);
    }

    [Fact]
    public void Options_of_the_kernel_that_is_taken_are_no_problem()
    {
        Assert.Empty(new NeuronSelectivityTransferOptions { Degree = 3, C = 1 }.Validate());
        Assert.Empty(new NeuronSelectivityTransferOptions { Kernel = SelectivityKernel.Gaussian, Sigma2 = new(0.5) }.Validate());
        Assert.Empty(new NeuronSelectivityTransferOptions { Kernel = SelectivityKernel.Gaussian, Sigma2 = new(null), BandwidthPairs = BandwidthPairs.Union }.Validate());
    }

    [Theory]
    [InlineData("mean", null)]
    [InlineData("0.5", 0.5)]
    public void Bandwidth_is_a_number_or_the_mean(string text, double? value)
    {
        Assert.Equal(value, Bandwidth.Parse(text, null).Value);
        Assert.Equal(text, Bandwidth.Parse(text, null).ToString());
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("median")]
    public void Another_bandwidth_is_refused(string text) => Assert.Throws<FormatException>(() => Bandwidth.Parse(text, null));
}
