using Retort.Distillation.Options;
using Retort.Tests.Support;
using Retort.Tests.Training.Runs;
using Retort.Training.Comparisons;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Comparisons;

public sealed class ComparisonRecipeTests : InTemporaryFolder
{
    private const string Base = """
        teacher: {model: resnet20, checkpoint: t.pth}
        student: {model: resnet8}
        train: {epochs: 12, optimizer: {name: sgd, lr: 0.1}}
        """;

    [Fact]
    public void Recipe_files_are_variants_named_for_their_files()
    {
        Write("base.yaml", Base);
        string kd = Write("kd.yaml", "extends: base.yaml\nname: long-name\ndistill: [ce: 0.1, kd: 0.9]");
        string dist = Write("dist.yaml", "extends: base.yaml\ndistill: [ce: 1, dist: 2]");

        ComparisonRecipe read = ComparisonRecipe.Load([kd, dist], ["train.epochs=3"]);

        Assert.Equal("compare", read.Name);
        Assert.Equal([0, 1, 2], read.Seeds);
        Assert.Equal(["kd", "dist"], read.Variants.Select(v => v.Name));
        Assert.Equal([new DistillTerm("ce", 1), new DistillTerm("dist", 2)], read.Variants[1].Recipe.Distill);
        Assert.All(read.Variants, v => Assert.Equal(3, v.Recipe.Train.Epochs));
        Assert.Equal([4, 9], ComparisonRecipe.Load([kd], seeds: [4, 9]).Seeds);
    }

    [Fact]
    public void A_comparison_merges_each_variant_into_what_all_share()
    {
        Write("base.yaml", Base);
        ComparisonRecipe read = Load("""
            extends: base.yaml
            seeds: [3, 5]
            train: {batch: 32}
            variants:
              kd: {distill: [ce: 0.1, kd: 0.9]}
              slow: {distill: [ce: 1, kd: 1], train: {optimizer: {lr: 0.01}}}
            """);

        Assert.Equal("own", read.Name);
        Assert.Equal([3, 5], read.Seeds);
        Assert.Equal(["kd", "slow"], read.Variants.Select(v => v.Name));
        Assert.All(read.Variants, v => Assert.Equal((12, 32, "resnet20"), (v.Recipe.Train.Epochs, v.Recipe.Train.Batch, v.Recipe.Teacher!.Model)));
        Assert.Equal([0.1, 0.01], read.Variants.Select(v => ((SgdOptions)v.Recipe.Train.Optimizer).Lr));
    }

    [Fact]
    public void Every_variant_meets_every_pair()
    {
        ComparisonRecipe read = Load("""
            student: {model: resnet8}
            pairs:
              small: {teacher: {model: resnet20}}
              large: {teacher: {model: resnet56}, student: {model: resnet20}}
            variants:
              kd: {distill: [kd: 1]}
              dist: {distill: [dist: 1]}
            """);

        Assert.Equal(["small.kd", "small.dist", "large.kd", "large.dist"], read.Variants.Select(v => v.Name));
        Assert.Equal(
            ["resnet20 resnet8 kd", "resnet20 resnet8 dist", "resnet56 resnet20 kd", "resnet56 resnet20 dist"],
            read.Variants.Select(v => $"{v.Recipe.Teacher!.Model} {v.Recipe.Student.Model} {v.Recipe.Distill[0].Method}"));
    }

    [Theory]
    [InlineData("student: {model: resnet8}\nvariants:\n  a: {distil: [ce: 1]}", "own.yaml:3:7: unknown key 'distil'. Did you mean 'distill'?")]
    [InlineData("student: {model: resnet8}\nvariants:\n  a: 3", "own.yaml:3:3: 'variants' has 'a' at ")]
    [InlineData("student: {model: resnet8}\nvariants:\n  a b: {}", "but a name consists of letters")]
    [InlineData("student: {model: resnet8}\nvariants: {}", "own.yaml:2:11: 'variants' is empty")]
    [InlineData("student: {model: resnet8}\nvariants:\n  a: {name: b}", "own.yaml:3:13: 'name' has no place here: 'a' is the name.")]
    [InlineData("student: {model: resnet8}\nseeds: [1, 1]\nvariants: {a: {}}", "own.yaml:2:8: 'seeds' is [1, 1], but each seed must be there once.")]
    [InlineData("student: {model: resnet8}\nseeds: 3\nvariants: {a: {}}", "own.yaml:2:8: 'seeds' is '3', but must be a list of 1 or more whole numbers")]
    [InlineData("student: {model: resnet8}\ntrain: {epochs: 0}\nvariants: {a: {}, b: {}}", "own.yaml:2:17: 'train.epochs' is '0'")]
    public void What_is_wrong_is_told_with_its_line(string yaml, string part)
    {
        string message = Assert.Throws<OptionsException>(() => Load(yaml)).Message;
        Assert.Contains(part, message);
        Assert.Single(message.Split('\n')); // once, though it is wrong in both variants
    }

    [Fact]
    public void A_comparison_among_recipes_and_files_of_one_name_are_refused()
    {
        string comparison = Write("own.yaml", "student: {model: resnet8}\nvariants: {a: {}}");
        string recipe = Write("one.yaml", "student: {model: resnet8}");
        Directory.CreateDirectory(In("below"));
        string same = Write("below/one.yaml", "student: {model: resnet8}");

        Assert.StartsWith($"'{comparison}' is a comparison", Refusal([recipe, comparison]), StringComparison.Ordinal);
        Assert.StartsWith("Two of the recipes are files of the name 'one'", Refusal([recipe, same]), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_comparison_that_is_shipped_loads()
    {
        string[] files = Directory.GetFiles(RepositoryFiles.Repository("recipes", "comparisons"), "*.yaml");
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.NotEmpty(ComparisonGrid.Of(ComparisonRecipe.Load([file]), In("out"), threads: 1).Cells));
    }

    private static string Refusal(string[] paths) => Assert.Throws<RetortException>(() => ComparisonRecipe.Load(paths)).Message;

    private ComparisonRecipe Load(string yaml) => ComparisonRecipe.Load([Write("own.yaml", yaml)]);

    private string Write(string name, string yaml)
    {
        File.WriteAllText(In(name), yaml);
        return In(name);
    }
}
