using Retort.Training.Reports;

namespace Retort.Tests.Training.Reports;

public class FiguresTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(9_999, "9999")]
    [InlineData(78_042, "78.0 k")]
    [InlineData(272_474, "272 k")]
    [InlineData(999_499, "999 k")]
    [InlineData(999_700, "1.00 M")]
    [InlineData(41_200_000, "41.2 M")]
    [InlineData(4_100_000_000, "4.10 G")]
    public void Counts_have_three_digits(long count, string text) => Assert.Equal(text, Figures.Count(count));

    [Theory]
    [InlineData(0.021, "+2.10")]
    [InlineData(-0.004, "−0.40")]
    [InlineData(-0.00001, "0.00")]
    [InlineData(double.NaN, "–")]
    public void Differences_are_signed_and_in_points(double difference, string text) => Assert.Equal(text, Figures.Points(difference));

    [Theory]
    [InlineData(4.21, "4.2 s")]
    [InlineData(59.97, "1:00")]
    [InlineData(187, "3:07")]
    [InlineData(3729, "1:02:09")]
    [InlineData(360_000, "100:00:00")]
    [InlineData(double.PositiveInfinity, "–")]
    [InlineData(-1, "–")]
    public void Durations_are_read_at_a_glance(double seconds, string text) => Assert.Equal(text, Figures.Duration(seconds));

    [Theory]
    [InlineData(1.23456, "1.2346")]
    [InlineData(0.5, "0.5")]
    [InlineData(0.0000123, "1.2e-5")]
    [InlineData(0, "0")]
    [InlineData(double.NaN, "NaN")]
    public void A_loss_that_is_not_a_number_is_not_hidden(double loss, string text) => Assert.Equal(text, Figures.Loss(loss));

    [Fact]
    public void What_was_not_measured_is_a_dash() => Assert.Equal(("–", "–"), (Figures.Percent(null), Figures.Rate(double.NaN)));
}
