using Retort.Distillation.Options;

namespace Retort.Training.Recipes;

/// <summary>
/// Names of the terms of a loss, by which progress, metrics, checkpoints and reports know them, and <c>--set</c>: the method's name, and where
/// a method comes again "kd-2", "kd-3", in the order of the recipe.
/// </summary>
internal static class TermNames
{
    /// <summary>The terms' names, in order.</summary>
    public static IReadOnlyList<string> Of(IEnumerable<DistillTerm> terms) => [.. Numbered(terms.Select(term => term.Method)).OfType<string>()];

    /// <summary>The names of the items of a list as they are written, in order; null for one that is no mapping of one key.</summary>
    public static IReadOnlyList<string?> Of(IEnumerable<OptionNode> items) =>
        Numbered(items.Select(item => item is OptionMapping { Entries: [var only] } ? only.Key : null));

    private static List<string?> Numbered(IEnumerable<string?> methods)
    {
        List<string?> names = [];
        foreach (var method in methods)
        {
            var name = method;
            for (var number = 2; name is not null && names.Contains(name); number++)
                name = $"{method}-{number}";
            names.Add(name);
        }
        return names;
    }
}
