using Retort.Vision;

namespace Retort.Tests.Vision;

public sealed class CounterRandomTests
{
    [Fact]
    public void Normal_numbers_have_the_moments_of_the_normal_distribution()
    {
        double[] draws = Draw((ref CounterRandom random) => random.NextNormal());
        Assert.InRange(draws.Average(), -0.03, 0.03);
        Assert.InRange(draws.Average(d => d * d), 0.96, 1.04);
        Assert.InRange(draws.Count(d => Math.Abs(d) > 1.96) / (double)draws.Length, 0.042, 0.058);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.8)]
    [InlineData(1)]
    [InlineData(4)]
    public void Beta_numbers_have_the_moments_of_the_beta_distribution(double alpha)
    {
        double[] draws = Draw((ref CounterRandom random) => random.NextBeta(alpha));
        Assert.All(draws, d => Assert.InRange(d, 0, 1));
        Assert.InRange(draws.Average(), 0.485, 0.515);
        double variance = 1 / (4 * ((2 * alpha) + 1));
        Assert.InRange(draws.Average(d => (d - 0.5) * (d - 0.5)) / variance, 0.95, 1.05);
    }

    private delegate double Draws(ref CounterRandom random);

    private static double[] Draw(Draws draw)
    {
        var random = new CounterRandom(1, RandomPurpose.Mixing, 0, 0);
        var draws = new double[20_000];
        for (int i = 0; i < draws.Length; i++)
            draws[i] = draw(ref random);
        return draws;
    }
}
