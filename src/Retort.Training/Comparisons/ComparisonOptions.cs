using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;

namespace Retort.Training.Comparisons;

/// <summary>What the file of a comparison says beside the recipe that its variants share.</summary>
internal sealed record ComparisonOptions : IValidatableOptions
{
    /// <summary>Seeds with which every variant is trained, each once and at least 0. Default: 0, 1, 2.</summary>
    [MinLength(1), Range(0, long.MaxValue)]
    public ValueList<long> Seeds { get; init; } = [0, 1, 2];

    /// <summary>Keys of a recipe by the variant's name, such as its 'distill'; they are merged into what all share.</summary>
    public required OptionMapping Variants { get; init; }

    /// <summary>Keys of a recipe by the pair's name, such as 'teacher' and 'student'; every variant is trained for every pair. Default: none.</summary>
    public OptionMapping Pairs { get; init; } = OptionMapping.Empty;

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (Seeds.Distinct().Count() < Seeds.Count)
            yield return new(nameof(Seeds), $"is {Seeds}, but each seed must be there once");
        if (Variants.Entries.Count == 0)
            yield return new(nameof(Variants), "is empty: name at least one, as 'kd: {distill: [ce: 0.1, kd: 0.9]}'");
        foreach (OptionProblem problem in Names(nameof(Variants), Variants).Concat(Names(nameof(Pairs), Pairs)))
            yield return problem;
    }

    private static IEnumerable<OptionProblem> Names(string property, OptionMapping mapping)
    {
        if (mapping.Entries.GroupBy(e => e.Key).FirstOrDefault(g => g.Count() > 1) is { } twice)
            yield return new(property, $"has '{twice.Key}' twice, the second at {twice.Last().Location}: give each a name of its own");
        if (mapping.Entries.FirstOrDefault(e => e.Value is not OptionMapping) is { } wrong)
            yield return new(property, $"has '{wrong.Key}' at {wrong.Location}, which is {wrong.Value.Shown}, but must be a mapping of a recipe's keys");
        if (mapping.Entries.FirstOrDefault(e => !ComparisonRecipe.IsName(e.Key)) is { } odd)
            yield return new(property, $"has '{odd.Key}' at {odd.Location}, but a name {ComparisonRecipe.NameRule}");
    }
}
