using Retort.Training.Comparisons;

namespace Retort.Tests.Training.Comparisons;

public sealed class StatisticsTests
{
    // From printed tables of Student's distribution.
    [Theory]
    [InlineData(0.95, 1, 12.706205)]
    [InlineData(0.95, 2, 4.302653)]
    [InlineData(0.95, 3, 3.182446)]
    [InlineData(0.95, 4, 2.776445)]
    [InlineData(0.95, 9, 2.262157)]
    [InlineData(0.95, 10, 2.228139)]
    [InlineData(0.95, 30, 2.042272)]
    [InlineData(0.95, 120, 1.979930)]
    [InlineData(0.99, 1, 63.656741)]
    [InlineData(0.99, 2, 9.924843)]
    [InlineData(0.5, 1, 1.0)]
    public void Quantiles_are_those_of_the_tables(double probability, int degrees, double expected) =>
        Assert.Equal(expected, Statistics.TwoSidedQuantile(probability, degrees), 5e-6);

    [Fact]
    public void The_deviation_is_the_samples()
    {
        Assert.Equal(Math.Sqrt(5.0 / 3), Statistics.Deviation([1, 2, 3, 4])!.Value, 1e-12); // squares 2.25 + 0.25 + 0.25 + 2.25 = 5
        Assert.Null(Statistics.Deviation([1]));
        Assert.Null(Statistics.Deviation([]));
    }

    [Fact]
    public void The_interval_of_five_paired_differences_is_as_computed_by_hand()
    {
        // Mean 16.52, squares 2.6244 + 10.0489 + 5.6644 + 0.2704 + 8.5849 = 27.193, s = 2.60735, half width 2.776445 * s / sqrt(5).
        double[] ours = [92.70, 91.90, 91.55, 93.10, 91.95], theirs = [77.80, 78.55, 72.65, 77.10, 72.50];
        Difference difference = Difference.Of(ours.Cast<double?>(), theirs.Cast<double?>())!;
        Assert.Equal(16.52, difference.Mean, 1e-9);
        Assert.Equal(3.23745, difference.HalfWidth!.Value, 1e-4);
    }

    [Fact]
    public void Only_seeds_that_both_have_are_paired_and_one_gives_no_interval()
    {
        Difference one = Difference.Of([0.5, null, 0.9], [0.25, 0.3, null])!;
        Assert.Equal((0.25, null), (one.Mean, one.HalfWidth));
        Assert.Null(Difference.Of([null, 0.5], [0.5, null]));
    }
}
