using Retort.Distillation.Options;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Recipes;

public sealed class RecipeSchemaTests
{
    private static IEnumerable<(string Path, OptionDescription Option)> All(string path, IReadOnlyList<OptionDescription> options) =>
        options.SelectMany(o => All($"{path}.{o.Key}", o.Options)
            .Concat(o.Variants.SelectMany(v => All($"{path}.{o.Key}({v.Key})", v.Value)))
            .Prepend(($"{path}.{o.Key}", o)));

    [Fact]
    public void Every_option_says_what_it_is_and_what_its_default_is()
    {
        var options = All("recipe", OptionsSchema.Describe(typeof(Recipe))).ToList();
        Assert.True(options.Count > 60, $"Only {options.Count} options were found.");
        Assert.All(options, o => Assert.True(o.Option.Summary.Length > 10, $"{o.Path} has no summary."));
        // What must be given, and what is a mapping with defaults of its own, has no default to tell.
        Assert.All(options.Where(o => !o.Option.IsRequired && o.Option.Options.Count == 0 && o.Option.VariantKey is null),
            o => Assert.Contains("Default", o.Option.Summary, StringComparison.Ordinal));
    }

    [Fact]
    public void Variants_are_listed_by_name()
    {
        var train = OptionsSchema.Describe(typeof(TrainOptions)).ToDictionary(o => o.Key);
        Assert.Equal("name", train["schedule"].VariantKey);
        Assert.Equal(["constant", "multistep", "step", "cosine", "linear"], train["schedule"].Variants.Select(v => v.Key));
        Assert.Equal("a whole number between 1 and 100000", train["epochs"].Allowed);
        Assert.Equal("{name: sgd, lr: 0.05, momentum: 0.9, weight_decay: 0.0005, nesterov: false, dampening: 0, decay_vectors: true}", train["optimizer"].DefaultText);
    }
}
