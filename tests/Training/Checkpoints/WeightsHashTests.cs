using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Training.Checkpoints;

namespace Retort.Tests.Training.Checkpoints;

public sealed class WeightsHashTests
{
    [Fact]
    public void It_is_that_of_the_values_however_they_lie_in_memory()
    {
        using var scope = new TensorScope();
        using Conv2d one = new(3, 4, kernelSize: 3), other = new(3, 4, kernelSize: 3);
        string hash = WeightsHash.Of(one);
        Assert.Matches("^[0-9a-f]{64}$", hash);
        Assert.NotEqual(hash, WeightsHash.Of(other));

        other.LoadState(one.State().ToDictionary(t => t.Key, t => t.Value));
        other.To(MemoryFormat.ChannelsLast);
        Assert.Equal(hash, WeightsHash.Of(other));
        using (GradMode.Disable())
            other.Bias![0].Add_(1e-3);
        Assert.NotEqual(hash, WeightsHash.Of(other));
    }
}
