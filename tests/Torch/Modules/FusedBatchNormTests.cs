using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Native;

namespace Retort.Tests.Torch.Modules;

public sealed class FusedBatchNormTests
{
    private const int Channels = 32;

    // Float64 has no fused operator: it is libtorch's own that is compared with.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Values_derivatives_and_running_statistics_are_those_of_libtorch_in_double_precision(bool rectified) => Compare(DType.Float32, rectified, 2e-5);

    [ShortFloatsTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void In_16_bits_they_are_too(bool rectified) => Compare(DType.BFloat16, rectified, 2e-2);

    private static void Compare(DType type, bool rectified, double tolerance)
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        // Both start from the same numbers, those that the shorter type has.
        Tensor images = ((Aten.Randn([6, Channels, 5, 4]) * 3) + 1).To(MemoryFormat.ChannelsLast).To(type), sent = Aten.Randn([6, Channels, 5, 4]).To(type);
        using BatchNorm2d norm = Make(DType.Float32), exact = Make(DType.Float64);
        (Tensor actual, Tensor gradient) = Step(norm, images, sent, rectified);
        (Tensor expected, Tensor exactGradient) = Step(exact, images.To(DType.Float64), sent.To(DType.Float64), rectified);
        Assert.Equal(type, actual.DType);
        void Near(Tensor a, Tensor b) => TensorAssert.Close(a.To(DType.Float64), b.To(DType.Float64), tolerance);
        Near(expected, actual);
        Near(exactGradient, gradient);
        Near(exact.Weight!.Grad!, norm.Weight!.Grad!);
        Near(exact.Bias!.Grad!, norm.Bias!.Grad!);
        Near(exact.RunningMean!, norm.RunningMean!);
        Near(exact.RunningVariance!, norm.RunningVariance!);
    }

    [Fact]
    public void It_serves_what_it_is_made_for()
    {
        using var scope = new TensorScope();
        using BatchNorm2d norm = Make(DType.Float32), odd = new(12);
        Tensor images = Aten.Randn([2, Channels, 4, 4]);
        Assert.Equal(new Operator("retort::batch_norm_relu", "").Exists, FusedBatchNorm.Takes(images.To(MemoryFormat.ChannelsLast), norm));
        Assert.False(FusedBatchNorm.Takes(images, norm)); // in another order
        Assert.False(FusedBatchNorm.Takes(images.To(DType.Float64).To(MemoryFormat.ChannelsLast), norm));
        Assert.False(FusedBatchNorm.Takes(Aten.Randn([2, 12, 4, 4]).To(MemoryFormat.ChannelsLast), odd));
    }

    private static BatchNorm2d Make(DType type)
    {
        TorchRuntime.Seed(2);
        var norm = new BatchNorm2d(Channels);
        using (GradMode.Disable())
        {
            using Tensor scale = Aten.Rand([Channels]), shift = Aten.Randn([Channels]);
            norm.Weight!.Copy_(scale);
            norm.Bias!.Copy_(shift);
        }

        norm.To(type);
        norm.Train();
        return norm;
    }

    private static (Tensor Result, Tensor Gradient) Step(BatchNorm2d norm, Tensor images, Tensor sent, bool rectified)
    {
        Tensor leaf = images.Detach();
        leaf.RequiresGrad = true;
        Tensor result = rectified ? norm.Rectified(leaf) : norm.Forward(leaf);
        (result * sent).Sum().Backward();
        return (result, leaf.Grad!);
    }
}

/// <summary>A test of what oneDNN computes in bfloat16, skipped on processors where it does not.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ShortFloatsTheoryAttribute : TheoryAttribute
{
    public ShortFloatsTheoryAttribute() => Skip = OneDnn.Computes(DType.BFloat16) ? null : "needs a processor with vectors of 512 bits";
}
