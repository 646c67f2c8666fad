using System.Globalization;
using Retort.Training.Recipes;

namespace Retort.Training.DryRuns;

/// <summary>Says which weight to change where the terms of a loss pull at a network with very unequal strength.</summary>
internal static class GradientAdvice
{
    // Below a hundredth a term is lost in the noise of a batch's gradient.
    private const double Most = 0.95, Least = 0.01;

    public static IReadOnlyList<string> For(IReadOnlyList<DryRunTerm> terms)
    {
        if (terms.FirstOrDefault(term => !double.IsFinite(term.GradientNorm)) is { } broken)
            return [$"The gradient of {broken.Name} is not finite: compute in fp32 (--set train.precision=fp32), or look at its options."];
        DryRunTerm[] meant = [.. terms.Where(term => term.Weight != 0)];
        if (meant.Length < 2)
            return [];
        List<string> advice = [.. meant.Where(term => term.GradientNorm == 0).Select(term => $"{term.Name} has no gradient on this batch, so its weight changes nothing yet.")];
        DryRunTerm[] acting = [.. meant.Where(term => term.GradientNorm > 0)];
        DryRunTerm? loud = acting.FirstOrDefault(term => acting.Length > 1 && term.Share > Most);
        // Labels set the pace of the learning rate: where they are what is loud, the others are raised instead.
        if (loud is not null && loud.Name != DistillTerm.CrossEntropy)
        {
            advice.Add($"{loud.Name} drowns the other terms with {Percent(loud)} of the gradient: {EqualShare(loud, acting.Where(term => term != loud))}.");
            return advice;
        }

        DryRunTerm[] quiet = [.. acting.Where(term => loud is null ? term.Share < Least : term != loud)];
        advice.AddRange(quiet.Select(term => $"{term.Name} hardly acts with {Percent(term)} of the gradient: {EqualShare(term, acting.Except(quiet))}."));
        return advice;
    }

    private static string EqualShare(DryRunTerm term, IEnumerable<DryRunTerm> others)
    {
        string weight = Rounded(term.Weight * others.Average(other => other.GradientNorm) / term.GradientNorm);
        return $"a weight of about {weight} would give it an equal share (--set {term.Setting}={weight})";
    }

    private static string Percent(DryRunTerm term) => (term.Share * 100).ToString("0.##", CultureInfo.InvariantCulture) + " %";

    // Two significant digits, as a recipe has them.
    private static string Rounded(double weight) =>
        ((decimal)double.Parse(weight.ToString("E1", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)).ToString("0.############", CultureInfo.InvariantCulture);
}
