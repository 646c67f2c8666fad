using Retort.Torch;
using Retort.Training.Verification;

namespace Retort.Tests.Training.Verification;

public class FeatureDigestTests
{
    [Fact]
    public void A_digest_is_mean_mean_of_magnitudes_and_the_first_values_in_row_order()
    {
        using var scope = new TensorScope();
        float[] values = [.. Enumerable.Range(0, 2 * 8 * 4 * 4).Select(i => i % 3 == 0 ? -i : i)];
        Tensor feature = Tensor.From<float>(values, 2, 8, 4, 4).To(MemoryFormat.ChannelsLast);

        double[] digest = FeatureDigest.Of(feature).ToArray<double>();

        Assert.Equal(66, digest.Length);
        Assert.Equal(values.Average(v => (double)v), digest[0], 9);
        Assert.Equal(255 / 2.0, digest[1], 9);
        Assert.Equal(values.Take(64).Select(v => (double)v), digest[2..]);
    }
}
