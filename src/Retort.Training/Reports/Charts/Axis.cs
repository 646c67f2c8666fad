namespace Retort.Training.Reports.Charts;

/// <summary>A range of values with round marks.</summary>
/// <param name="Low">Where the axis begins.</param>
/// <param name="High">Where it ends; above <paramref name="Low"/>.</param>
/// <param name="Marks">Round values from low to high.</param>
internal sealed record Axis(double Low, double High, IReadOnlyList<double> Marks)
{
    /// <summary>Share of the axis that lies below <paramref name="value"/>.</summary>
    public double Place(double value) => (value - Low) / (High - Low);

    /// <summary>An axis that holds all finite values and begins and ends at a mark.</summary>
    /// <param name="values">Any numbers; what is not finite is passed over.</param>
    /// <param name="marks">About how many marks.</param>
    public static Axis Around(IEnumerable<double> values, int marks = 5)
    {
        (double low, double high) = Range(values);
        if (high - low <= Math.Abs(high) * 1e-9)
        {
            (low, high) = high == 0 ? (0, 1) : (low - Math.Abs(high) * 0.1, high + Math.Abs(high) * 0.1);
        }

        double step = RoundStep((high - low) / marks);
        double first = Math.Floor(low / step + 1e-9), last = Math.Ceiling(high / step - 1e-9);
        return new Axis(first * step, last * step, [.. Steps(first, last).Select(i => i * step)]);
    }

    /// <summary>An axis of whole numbers from 1, as epochs are counted.</summary>
    public static Axis Counting(int last, int marks = 8)
    {
        int step = Math.Max(1, (int)RoundStep(Math.Max(1, (double)last / marks)));
        List<double> at = [1];
        at.AddRange(Steps(1, last / step).Select(i => i * step).Where(v => v - 1 >= step * 0.6));
        return new Axis(1, Math.Max(2, last), at);
    }

    private static (double Low, double High) Range(IEnumerable<double> values)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (double value in values.Where(double.IsFinite))
        {
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        return low <= high ? (low, high) : (0, 1);
    }

    private static IEnumerable<double> Steps(double first, double last)
    {
        for (double i = first; i <= last; i++)
        {
            yield return i;
        }
    }

    // 1, 2 or 5 times a power of ten, the smallest that is not below the raw step.
    private static double RoundStep(double raw)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        return power * (raw / power) switch { <= 1.0001 => 1, <= 2.0001 => 2, <= 5.0001 => 5, _ => 10 };
    }
}
