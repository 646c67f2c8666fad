using Retort.Onnx;
using Retort.Onnx.Quantization;
using Retort.Torch;

namespace Retort.Tests.Onnx.Quantization;

public sealed class ActivationHistogramTests
{
    [Fact]
    public void One_value_far_out_is_cut_off_by_the_error_and_kept_by_the_range()
    {
        float[] values = [.. Enumerable.Range(0, 1_000_000).Select(i => i % 1000 / 1000f), 4f];
        ActivationScale whole = Choose(CalibrationMethod.MinMax, values), cut = Choose(CalibrationMethod.Mse, values);
        Assert.Equal(4f / 255, whole.Scale, 1e-5);
        Assert.InRange(cut.Scale * 255, 1.6, 1.9); // of (4 − c)² + 10⁶ · (c / 255)² / 12 the least is at c = 1.75
        Assert.True(Error(cut, values) < Error(whole, values));
    }

    [Fact]
    public void Evenly_spread_values_keep_their_range()
    {
        float[] values = [.. Enumerable.Range(-1000, 3000).Select(i => i / 1000f)];
        ActivationScale scale = Choose(CalibrationMethod.Mse, values);
        Assert.Equal(3 / 255.0, scale.Scale, 3e-4);
        Assert.InRange(scale.ZeroPoint, 84, 86);
    }

    [Fact]
    public void Values_may_come_in_parts_and_lie_in_any_order()
    {
        using var scope = new TensorScope();
        Tensor all = Aten.Randn([4, 6, 5, 5]);
        var whole = new ActivationHistogram();
        whole.See(all);
        whole.Count(all);
        var parts = new ActivationHistogram();
        Tensor[] halves = [all.Narrow(1, 0, 2), all.Narrow(1, 2, 4).To(MemoryFormat.ChannelsLast)];
        foreach (Tensor half in halves)
            parts.See(half);
        foreach (Tensor half in halves)
            parts.Count(half);
        Assert.Equal(whole.Choose(CalibrationMethod.Mse), parts.Choose(CalibrationMethod.Mse));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void What_is_no_number_is_refused(float value)
    {
        using Tensor values = Tensor.From<float>([1, value, 2]);
        Assert.Contains("not finite", Assert.Throws<OnnxExportException>(() => new ActivationHistogram().See(values)).Message);
    }

    private static ActivationScale Choose(CalibrationMethod method, float[] values)
    {
        using Tensor tensor = Tensor.From<float>(values);
        var histogram = new ActivationHistogram();
        histogram.See(tensor);
        histogram.Count(tensor);
        return histogram.Choose(method);
    }

    private static double Error(ActivationScale scale, float[] values) => values.Sum(value => Math.Pow(value - scale.Round(value), 2));
}
