using System.Runtime.Intrinsics.X86;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Tests.Torch.Modules;

public sealed class WinogradConvolutionTests
{
    // Images that tiles of 4 x 4 fill or do not, more tiles than a unit has, few and many channels, more than one step of the weight's gradient.
    public static TheoryData<int, int, int, int, int, bool> Sizes => new()
    {
        { 2, 16, 16, 8, 8, false },
        { 3, 32, 16, 7, 9, true },
        { 1, 16, 48, 5, 13, true },
        { 9, 64, 32, 8, 8, false },
        { 5, 80, 16, 10, 6, true },
        { 2, 16, 16, 4, 4, true },
        { 64, 32, 32, 16, 16, false },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Results_and_gradients_are_those_of_libtorch_in_double_precision(int images, int inputs, int outputs, int height, int width, bool bias)
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        using var layer = new Conv2d(inputs, outputs, kernelSize: 3, padding: 1, bias: bias);
        layer.To(MemoryFormat.ChannelsLast);
        Tensor input = Aten.Randn([images, inputs, height, width]).To(MemoryFormat.ChannelsLast);
        Tensor sent = Aten.Randn([images, outputs, height, width]).To(MemoryFormat.ChannelsLast);
        Tensor?[] parameters = [layer.Weight, layer.Bias];
        Tensor[] exact = Step(Plain, DType.Float64), actual = Step((x, _, _) => layer.Forward(x), DType.Float32, own: true);
        for (int i = 0; i < exact.Length; i++)
            Assert.InRange(Error(exact[i], actual[i]), 0, 3e-6); // of the largest value; libtorch's own are 2e-7 to 1e-6

        Tensor[] Step(Func<Tensor, Tensor, Tensor?, Tensor> forward, DType type, bool own = false)
        {
            Tensor?[] leaves = [Leaf(input), .. own ? parameters : [.. parameters.Select(parameter => parameter is null ? null : Leaf(parameter))]];
            Tensor result = forward(leaves[0]!, leaves[1]!, leaves[2]);
            return [result, .. Gradients.Of([(result * sent.To(type)).Sum()], [.. leaves.OfType<Tensor>()]).Select(gradient => gradient!)];

            Tensor Leaf(Tensor tensor)
            {
                Tensor leaf = tensor.Detach().To(type);
                leaf.RequiresGrad = true;
                return leaf;
            }
        }
    }

    [Avx2Fact]
    public void Where_the_processor_can_it_is_what_runs()
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        using var layer = new Conv2d(16, 16, kernelSize: 3, padding: 1);
        Tensor input = Aten.Randn([2, 16, 8, 8]).To(MemoryFormat.ChannelsLast);
        Assert.False(layer.Forward(input).Equal(Plain(input, layer.Weight, layer.Bias))); // the last digits of the other way
    }

    [Fact]
    public void What_one_thread_computes_two_compute_to_the_last_bit()
    {
        int threads = TorchRuntime.Threads;
        using var scope = new TensorScope();
        using var layer = new Conv2d(32, 32, kernelSize: 3, padding: 1);
        Tensor input = Aten.Randn([7, 32, 8, 8]).To(MemoryFormat.ChannelsLast);
        try
        {
            (Tensor result, Tensor gradient) = Step(1);
            (Tensor sameResult, Tensor sameGradient) = Step(2);
            TensorAssert.Same(result, sameResult);
            TensorAssert.Same(gradient, sameGradient);
        }
        finally
        {
            TorchRuntime.Threads = threads;
        }

        (Tensor, Tensor) Step(int count)
        {
            TorchRuntime.Threads = count;
            Tensor result = layer.Forward(input);
            return (result, Gradients.Of([result.Square().Sum()], [layer.Weight])[0]!);
        }
    }

    [Fact]
    public void There_is_a_second_derivative()
    {
        using var scope = new TensorScope();
        using var layer = new Conv2d(16, 16, kernelSize: 3, padding: 1);
        Tensor input = Aten.Randn([2, 16, 4, 4]).To(MemoryFormat.ChannelsLast);
        TensorAssert.Close(Second(x => Plain(x, layer.Weight, layer.Bias)), Second(layer.Forward), 1e-4);

        Tensor Second(Func<Tensor, Tensor> forward)
        {
            Tensor first = Gradients.Of([forward(input).Square().Sum()], [layer.Weight], createGraph: true)[0]!;
            return Gradients.Of([first.Square().Sum() * 1e-3], [layer.Weight])[0]!;
        }
    }

    [Fact]
    public void What_it_does_not_serve_is_libtorch_s()
    {
        using var scope = new TensorScope();
        using Conv2d layer = new(16, 32, kernelSize: 3, padding: 1), strided = new(16, 32, kernelSize: 3, stride: 2, padding: 1), odd = new(16, 24, kernelSize: 3, padding: 1);
        Assert.True(WinogradConvolution.Fits(layer));
        Assert.False(WinogradConvolution.Fits(strided));
        Assert.False(WinogradConvolution.Fits(odd));
        Tensor first = Aten.Randn([2, 16, 6, 6]), small = Aten.Randn([2, 16, 1, 2]).To(MemoryFormat.ChannelsLast);
        TensorAssert.Same(Plain(first, layer.Weight, layer.Bias), layer.Forward(first)); // channels first
        TensorAssert.Same(Plain(small, layer.Weight, layer.Bias), layer.Forward(small)); // tiles would be mostly border
        using Autocast autocast = Autocast.Enter(DType.BFloat16);
        Assert.Equal(DType.BFloat16, layer.Forward(first.To(MemoryFormat.ChannelsLast)).DType);
    }

    [Fact]
    public void A_wrong_number_of_channels_is_told()
    {
        using var scope = new TensorScope();
        using var layer = new Conv2d(16, 16, kernelSize: 3, padding: 1);
        Assert.Throws<TorchException>(() => layer.Forward(Aten.Zeros([1, 32, 4, 4]).To(MemoryFormat.ChannelsLast)));
    }

    private static Tensor Plain(Tensor input, Tensor weight, Tensor? bias) => Aten.Conv2d(input, weight, bias, [1, 1], [1, 1], [1, 1], 1);

    private static double Error(Tensor exact, Tensor actual)
    {
        using var noGrad = GradMode.Disable();
        return (actual.To(DType.Float64) - exact).Abs().Max().ToDouble() / exact.Abs().Max().ToDouble();
    }
}

/// <summary>A test of what needs a processor with AVX2; it says so when it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class Avx2FactAttribute : FactAttribute
{
    public Avx2FactAttribute() => Skip = Avx2.IsSupported && Fma.IsSupported ? null : "needs a processor with AVX2 and FMA";
}
