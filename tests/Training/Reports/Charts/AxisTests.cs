using Retort.Training.Reports.Charts;

namespace Retort.Tests.Training.Reports.Charts;

public class AxisTests
{
    [Theory]
    [InlineData(0.46, 0.93)]
    [InlineData(-3, 12_000)]
    [InlineData(1e-7, 3e-7)]
    [InlineData(5, 5)]
    [InlineData(0, 0)]
    public void All_values_lie_between_the_first_and_the_last_mark(double low, double high)
    {
        Axis axis = Axis.Around([high, double.NaN, low, double.PositiveInfinity]);

        Assert.InRange(axis.Place(low), -1e-6, 1);
        Assert.InRange(axis.Place(high), 0, 1 + 1e-6);
        Assert.Equal((axis.Low, axis.High), (axis.Marks[0], axis.Marks[^1]));
        Assert.InRange(axis.Marks.Count, 2, 8);
    }

    [Fact]
    public void Without_values_the_axis_goes_from_zero_to_one() => Assert.Equal((0, 1), (Axis.Around([]).Low, Axis.Around([]).High));

    [Theory]
    [InlineData(1, new double[] { 1 })]
    [InlineData(4, new double[] { 1, 2, 3, 4 })]
    [InlineData(30, new double[] { 1, 5, 10, 15, 20, 25, 30 })]
    [InlineData(240, new double[] { 1, 50, 100, 150, 200 })]
    public void Epochs_are_marked_at_whole_round_numbers(int last, double[] marks) => Assert.Equal(marks, Axis.Counting(last).Marks);

    [Fact]
    public void Smoothing_keeps_both_ends_and_the_mean_of_a_straight_line()
    {
        var line = new Series("a", "a", [.. Enumerable.Range(0, 10).Select(i => ((double)i, 2.0 * i))]);

        Assert.Equal(line.Points, line.Smoothed(3).Points);
    }
}
