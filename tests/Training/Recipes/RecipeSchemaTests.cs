using System.Text.Json.Nodes;
using Retort.Distillation;
using Retort.Distillation.Options;
using Retort.Tests.Support;
using Retort.Training.Recipes;
using Retort.Vision.Models;

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

    private static readonly JsonObject Schema = JsonNode.Parse(RecipeSchema.Write())!.AsObject();

    private static bool Accepts(string yaml) => SchemaValidator.Accepts(Schema, YamlReader.Read(yaml, "test.yaml").ToJson());

    [Fact]
    public void Every_recipe_that_comes_with_Retort_keeps_the_schema()
    {
        string[] files = Directory.GetFiles(RepositoryFiles.Repository("recipes"), "*.yaml", SearchOption.AllDirectories);
        Assert.True(files.Length > 20, $"Only {files.Length} recipes were found.");
        Assert.All(files, file => Assert.True(SchemaValidator.Accepts(Schema, YamlReader.ReadFile(file).ToJson()), file));
        // In full too, with every default.
        Assert.All(
            files.Where(file => !file.Contains($"{Path.DirectorySeparatorChar}comparisons{Path.DirectorySeparatorChar}", StringComparison.Ordinal)),
            file => Assert.True(Accepts(Recipe.Load(file).ToYaml()), file));
    }

    [Theory]
    [InlineData("student: {model: resnet8}\nvariants: {plain: {distill: [ce: 1]}}\nseeds: [0, 1]", true)]
    [InlineData("student: {model: resnet8}\nseeds: [0, 1]", false)]
    [InlineData("student: {model: resnet8}\nvariants: [kd]", false)]
    public void A_comparison_has_variants_beside_a_recipes_keys(string yaml, bool isAccepted) => Assert.Equal(isAccepted, Accepts(yaml));

    [Theory]
    [InlineData("name: x")]
    [InlineData("studnet: {model: resnet8}")]
    [InlineData("student: {model: resnet8}\ntrain: {epocs: 1}")]
    [InlineData("student: {model: resnet8}\ntrain: {epochs: 0}")]
    [InlineData("student: {model: resnet8}\ntrain: {epochs: 1.5}")]
    [InlineData("student: {model: resnet8}\ntrain: {ema: 1}")]
    [InlineData("student: {model: resnet8}\ntrain: {precision: fp64}")]
    [InlineData("student: {model: resnet8}\ntrain: {optimizer: {name: sgd, betas: [0.9, 0.99]}}")]
    [InlineData("student: {model: resnet8}\ntrain: {optimizer: {name: adam, betas: [0.9]}}")]
    [InlineData("student: {model: resnet8}\ntrain: {schedule: multistep}")]
    [InlineData("student: {model: resnet8}\ndata: {train_images: 10}")]
    [InlineData("student: {model: resnet8}\ndata: {kind: folder}")]
    [InlineData("student: {model: resnet8}\ndata: {kind: csv, path: x, memory_mib: -1}")]
    [InlineData("student: {model: resnet8}\ndata: {kind: idx, path: x, classes: [only]}")]
    [InlineData("student: {model: resnet8}\ntrain: {class_weights: balance}")]
    [InlineData("student: {model: resnet8}\ntrain: {class_weights: [1, 0]}")]
    [InlineData("student: {model: resnet8}\ndistill: []")]
    [InlineData("student: {model: resnet8}\nteacher: {model: resnet20}\ndistill: [{ce: 1}, {kd: -1}]")]
    [InlineData("student: {model: resnet8}\nteacher: {model: resnet20}\ndistill: [{ce: 1, kd: 1}]")]
    public void What_the_binder_refuses_the_schema_refuses(string yaml)
    {
        Assert.Throws<OptionsException>(() => Recipe.Parse(yaml, "test.yaml"));
        Assert.False(Accepts(yaml));
    }

    [Theory]
    [InlineData("student: {model: resnt8}")]
    [InlineData("student: {model: resnet8}\nteacher: {model: resnet20}\ndistill: [{kdd: 1}]")]
    [InlineData("student: {model: resnet8}\nteacher: {model: resnet20}\ndistill: [{kd: {weight: 1, temprature: 2}}]")]
    [InlineData("student: {model: resnet8}\nteacher: {model: resnet20}\ndistill: [{kd: {weight: 1, temperature: cold}}]")]
    [InlineData("student: {model: resnet8}\ndata: {kind: synthetic, normalization: imagnet}")]
    public void Names_and_options_of_the_registries_are_in_the_schema_too(string yaml) => Assert.False(Accepts(yaml));

    [Theory]
    [InlineData("name: 2024\nstudent: {model: resnet8}\nteacher: {model: resnet20, checkpoint: null}")]
    [InlineData("student: {model: resnet8}\ntrain: {optimizer: adam, schedule: cosine}")]
    [InlineData("student: {model: resnet8}\ntrain: {optimizer: {lr: 1}}\ndata: {kind: synthetic, normalization: {mean: [0, 0, 0], std: [1, 1, 1]}}")]
    [InlineData("student: {model: resnet8}\ntrain: {class_weights: [1, 2.5]}\ndata: {kind: csv, path: x, train: a.csv, memory_mib: 0, decode_threads: 2, size: 8}")]
    [InlineData("student: {model: resnet8}\ntrain: {class_weights: balanced}\ndata: {kind: idx, path: x, classes: [a, b]}")]
    [InlineData("student: {model: resnet8}\nteacher: {model: resnet20}\ndistill: [{reviewkd: {weight: 1, warmup_epochs: 20}}, {nst: 1}]")]
    public void What_the_binder_takes_the_schema_takes(string yaml)
    {
        Recipe.Parse(yaml, "test.yaml");
        Assert.True(Accepts(yaml));
    }

    [Fact]
    public void A_recipe_that_extends_another_may_leave_out_what_that_has()
    {
        Assert.True(Accepts("extends: base.yaml\ndata: {augment: {pad: 2}}\ntrain: {optimizer: {lr: 1}}"));
        Assert.False(Accepts("extends: base.yaml\ndata: {augmnt: {pad: 2}}"));
    }

    [Fact]
    public void The_schema_tells_what_keys_mean_and_every_method_and_model()
    {
        JsonNode whole = Schema["else"]!["properties"]!;
        Assert.Equal("Passes over the training images, at least 1. Default 10.", (string?)whole["train"]!["properties"]!["epochs"]!["description"]);
        Assert.Equal(10, (int)whole["train"]!["properties"]!["epochs"]!["default"]!);
        JsonObject terms = whole["distill"]!["items"]!["properties"]!.AsObject();
        Assert.Equal(MethodRegistry.Default.Entries.Select(m => m.Name).Prepend("ce"), terms.Select(t => t.Key));
        Assert.Equal(ModelRegistry.Default.Entries.Select(m => m.Name), whole["student"]!["properties"]!["model"]!["enum"]!.AsArray().Select(n => (string)n!));
    }
}
