using Retort.Onnx.Quantization;

namespace Retort.Tests.Onnx.Quantization;

public sealed class ActivationScaleTests
{
    [Theory]
    [InlineData(0, 6)]
    [InlineData(-1.3, 2.7)]
    [InlineData(-5, 0)]
    [InlineData(2, 3)] // 0 must be among them: convolutions pad with it
    [InlineData(-3, -2)]
    [InlineData(0, 0)]
    public void Zero_is_exact_and_what_lies_within_is_off_by_half_a_step_at_most(double low, double high)
    {
        ActivationScale scale = ActivationScale.Covering(low, high);
        Assert.True(scale.Scale > 0 && float.IsFinite(1 / scale.Scale));
        Assert.Equal(0, scale.Round(0));
        for (int i = 0; i <= 100; i++)
        {
            double value = low + ((high - low) * i / 100);
            Assert.InRange(scale.Round(value) - value, -0.5001 * scale.Scale, 0.5001 * scale.Scale);
        }
    }

    [Fact]
    public void What_lies_outside_is_cut_off()
    {
        ActivationScale scale = ActivationScale.Covering(0, 255);
        Assert.Equal((1f, (byte)0), (scale.Scale, scale.ZeroPoint));
        Assert.Equal((0, 255, 17), (scale.Round(-3), scale.Round(999), scale.Round(17.4)));
    }
}
