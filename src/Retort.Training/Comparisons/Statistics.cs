namespace Retort.Training.Comparisons;

/// <summary>Means over seeds, and how sure they are.</summary>
internal static class Statistics
{
    /// <summary>The sample's standard deviation (divided by n − 1); null for fewer than two values.</summary>
    public static double? Deviation(IReadOnlyCollection<double> values)
    {
        if (values.Count < 2)
            return null;
        double mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1));
    }

    /// <summary>
    /// Half the width of the 95 % confidence interval of the values' mean, t · s / √n with Student's t of n − 1 degrees of freedom. Of paired
    /// differences it is the paired interval. Null for fewer than two values.
    /// </summary>
    public static double? HalfWidth(IReadOnlyCollection<double> values) =>
        Deviation(values) is { } deviation ? TwoSidedQuantile(0.95, values.Count - 1) * deviation / Math.Sqrt(values.Count) : null;

    /// <summary>The t within which Student's distribution lies with a probability, on both sides of 0.</summary>
    /// <param name="probability">Above 0 and below 1.</param>
    /// <param name="degrees">Degrees of freedom, at least 1.</param>
    public static double TwoSidedQuantile(double probability, int degrees)
    {
        double low = 0, high = 1;
        while (Within(high, degrees) < probability)
            high *= 2;
        while ((low + high) / 2 is var middle && middle > low && middle < high)
            (low, high) = Within(middle, degrees) < probability ? (middle, high) : (low, middle);
        return high;
    }

    // P(|T| <= t) is a finite sum for whole degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4).
    private static double Within(double t, int degrees)
    {
        double angle = Math.Atan(t / Math.Sqrt(degrees));
        double cosine = Math.Cos(angle);
        bool odd = degrees % 2 == 1;
        double sum = 0, term = odd ? cosine : 1;
        for (int power = odd ? 1 : 0; power <= degrees - 2; power += 2)
        {
            sum += term;
            term *= cosine * cosine * (power + 1) / (power + 2);
        }

        return odd ? 2 / Math.PI * (angle + Math.Sin(angle) * sum) : Math.Sin(angle) * sum;
    }
}
