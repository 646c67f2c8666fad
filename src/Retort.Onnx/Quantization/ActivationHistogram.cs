using Retort.Torch;

namespace Retort.Onnx.Quantization;

/// <summary>How often an activation takes which values: first their range is seen, then they are counted within it.</summary>
internal sealed class ActivationHistogram
{
    private const int Bins = 2048;
    private const int Steps = 100; // of the range's length that are tried
    private const int FewestSteps = 10;

    private readonly long[] _counts = new long[Bins];
    private double _low = double.PositiveInfinity, _high = double.NegativeInfinity;

    /// <summary>Widens the range.</summary>
    /// <exception cref="OnnxExportException">A value is not finite.</exception>
    public void See(Tensor values)
    {
        using Tensor low = values.Min(), high = values.Max();
        (_low, _high) = (Math.Min(_low, low.ToDouble()), Math.Max(_high, high.ToDouble())); // NaN stays
        if (!double.IsFinite(_high - _low))
            throw new OnnxExportException("The network's activations are not finite on the images for calibration: there is nothing to quantise by. Are its weights sound?");
    }

    /// <summary>Counts values, which were all seen before.</summary>
    public void Count(Tensor values)
    {
        using Tensor dense = values.Contiguous();
        double perBin = (_high - _low) / Bins;
        float low = (float)_low, inverse = perBin > 0 ? (float)(1 / perBin) : 0;
        foreach (float value in dense.DenseSpan<float>())
            _counts[Math.Clamp((int)((value - low) * inverse), 0, Bins - 1)]++;
        GC.KeepAlive(dense);
    }

    /// <summary>Chooses how the values become bytes.</summary>
    public ActivationScale Choose(CalibrationMethod method)
    {
        ActivationScale whole = ActivationScale.Covering(_low, _high);
        return method == CalibrationMethod.MinMax
            ? whole
            : Enumerable.Range(FewestSteps, Steps - FewestSteps).Select(step => ActivationScale.Covering(_low * step / Steps, _high * step / Steps))
                .Append(whole).MinBy(Error);
    }

    private double Error(ActivationScale scale)
    {
        double sum = 0, perBin = (_high - _low) / Bins;
        for (int bin = 0; bin < Bins; bin++)
        {
            if (_counts[bin] == 0)
                continue;
            double value = _low + ((bin + 0.5) * perBin), apart = value - scale.Round(value);
            sum += _counts[bin] * apart * apart;
        }

        return sum;
    }
}
