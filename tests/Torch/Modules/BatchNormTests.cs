using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Tests.Torch.Modules;

public sealed class BatchNormTests
{
    [Theory]
    [InlineData(32, 0.1)] // by the fused operator
    [InlineData(12, 0.1)]
    [InlineData(12, null)]
    public void Training_may_leave_running_statistics_as_they_are(int channels, double? momentum)
    {
        using var scope = new TensorScope();
        using var norm = new BatchNorm2d(channels, momentum: momentum);
        Tensor images = ((Aten.Randn([4, channels, 3, 3]) * 2) + 5).To(MemoryFormat.ChannelsLast);
        norm.KeepsStatistics = true;
        Assert.Equal(0, norm.Forward(images).Mean().ToDouble(), 1e-4);
        Assert.Equal(0, norm.RunningMean!.Abs().Sum().ToDouble());
        Assert.Equal(channels, norm.RunningVariance!.Sum().ToDouble());
        Assert.Equal(0, norm.BatchesTracked!.Item<long>());
        norm.KeepsStatistics = false;
        norm.Forward(images);
        Assert.NotEqual(0, norm.RunningMean.Abs().Sum().ToDouble());
    }
}
