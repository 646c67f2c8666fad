using Retort.Training.DryRuns;

namespace Retort.Tests.Training.DryRuns;

public sealed class GradientAdviceTests
{
    [Fact]
    public void Terms_that_all_act_need_no_advice() => Assert.Empty(For(("ce", 0.1, 0.02), ("kd", 0.9, 0.5), ("nst", 50, 0.48)));

    [Fact]
    public void A_term_that_drowns_the_others_is_told_with_the_weight_of_an_equal_share() => Assert.Equal(
        ["nst drowns the other terms with 98 % of the gradient: a weight of about 0.51 would give it an equal share (--set distill.nst.weight=0.51)."],
        For(("ce", 1, 0.015), ("kd", 1, 0.005), ("nst", 50, 0.98)));

    [Fact]
    public void The_option_that_is_advised_is_the_terms_own()
    {
        DryRunTerm[] terms =
            [new("ce", 1, 1, 1, 0.01, [], []), new("branch_kl", 3, 1, 99, 0.99, [], []) { Setting = "teacher.sftn.lambda_kl" }];
        Assert.EndsWith("(--set teacher.sftn.lambda_kl=0.03).", Assert.Single(GradientAdvice.For(terms)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_term_that_hardly_acts_is_told_with_the_weight_of_an_equal_share() => Assert.Equal(
        ["vid hardly acts with 0.5 % of the gradient: a weight of about 100 would give it an equal share (--set distill.vid.weight=100)."],
        For(("ce", 0.1, 0.9), ("kd", 0.9, 0.095), ("vid", 1, 0.005)));

    [Fact]
    public void The_weight_that_is_advised_gives_equal_norms()
    {
        const string mark = "--set distill.kd.weight=";
        string advice = Assert.Single(For(("ce", 1, 3), ("kd", 0.9, 0.0012)));
        double weight = double.Parse(advice[(advice.IndexOf(mark, StringComparison.Ordinal) + mark.Length)..].TrimEnd('.', ')'));
        Assert.Equal(3, 0.0012 * weight / 0.9, 0.15); // two digits
    }

    [Fact]
    public void Labels_that_are_too_loud_are_not_turned_down_but_the_others_up() => Assert.Equal(
        ["kd hardly acts with 0.5 % of the gradient: a weight of about 180 would give it an equal share (--set distill.kd.weight=180)."],
        For(("ce", 1, 0.995), ("kd", 0.9, 0.005)));

    [Fact]
    public void Labels_that_drown_the_others_are_told_by_the_weights_that_would_raise_those() => Assert.Equal(
        [
            "kd hardly acts with 2 % of the gradient: a weight of about 43 would give it an equal share (--set distill.kd.weight=43).",
            "nst hardly acts with 1.5 % of the gradient: a weight of about 3200 would give it an equal share (--set distill.nst.weight=3200).",
        ],
        For(("ce", 1, 0.965), ("kd", 0.9, 0.02), ("nst", 50, 0.015)));

    [Fact]
    public void A_weight_of_0_is_meant_so() => Assert.Empty(For(("ce", 1, 1), ("ab", 0, 0)));

    [Fact]
    public void A_term_alone_cannot_drown_another() => Assert.Empty(For(("kd", 1, 1)));

    [Fact]
    public void A_term_without_a_gradient_gets_no_weight_advised() => Assert.Equal(
        ["kd has no gradient on this batch, so its weight changes nothing yet."], For(("ce", 1, 1), ("kd", 1, 0)));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_gradient_that_is_no_number_is_named(double norm) => Assert.Equal(
        ["The gradient of kd is not finite: compute in fp32 (--set train.precision=fp32), or look at its options."], For(("ce", 1, 1), ("kd", 1, norm)));

    private static IReadOnlyList<string> For(params (string Name, double Weight, double Norm)[] terms) => GradientAdvice.For(
        [.. terms.Select(term => new DryRunTerm(term.Name, term.Weight, 1, term.Norm, term.Norm / terms.Sum(t => t.Norm), [], []) { Setting = $"distill.{term.Name}.weight" })]);
}
