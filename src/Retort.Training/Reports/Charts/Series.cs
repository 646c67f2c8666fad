namespace Retort.Training.Reports.Charts;

/// <summary>A line of a chart.</summary>
/// <param name="Name">As the legend names it.</param>
/// <param name="Css">Class that gives it its colour.</param>
/// <param name="Points">From left to right; a value that is not finite makes a gap.</param>
internal sealed record Series(string Name, string Css, IReadOnlyList<(double X, double Y)> Points)
{
    /// <summary>The last value that is a number.</summary>
    public double? Last => Points.Select(p => p.Y).Where(double.IsFinite).Select(y => (double?)y).LastOrDefault();

    /// <summary>The mean of each value and its neighbours: shows the trend through an epoch's noise without moving it.</summary>
    /// <param name="radius">Neighbours on each side, fewer at the ends so that both ends stay where they are.</param>
    public Series Smoothed(int radius)
    {
        var smooth = new (double, double)[Points.Count];
        for (int i = 0; i < smooth.Length; i++)
        {
            int reach = Math.Min(radius, Math.Min(i, smooth.Length - 1 - i));
            double sum = 0;
            for (int k = i - reach; k <= i + reach; k++)
            {
                sum += Points[k].Y;
            }

            smooth[i] = (Points[i].X, sum / (2 * reach + 1));
        }

        return this with { Points = smooth };
    }
}
