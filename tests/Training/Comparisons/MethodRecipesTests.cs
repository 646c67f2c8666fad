using Retort.Distillation.Options;
using Retort.Tests.Support;
using Retort.Tests.Training.Runs;
using Retort.Training.Comparisons;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Comparisons;

/// <summary>What <c>--methods</c> takes of the recipes beside a recipe, and what it leaves.</summary>
public sealed class MethodRecipesTests : InTemporaryFolder
{
    public MethodRecipesTests()
    {
        Write("base.yaml", """
            data: {kind: synthetic, train_images: 500}
            teacher: {model: resnet20, checkpoint: t.pth, rename: ['a=b'], normalization: cifar10}
            student: {model: resnet8}
            train: {epochs: 12}
            """);
        Write("kd.yaml", "extends: base.yaml\ndistill: [ce: 0.1, kd: {weight: 0.9, temperature: 2}]\ntrain: {epochs: 99}\nstudent: {model: resnet14}");
        Write("at.yaml", "extends: base.yaml\ndistill: [ce: 1, at: 1000]\ndata: {augment: {flip: false}}");
        Write("nst-kd.yaml", "extends: base.yaml\ndistill: [ce: 1, nst: 50, kd: 1]");
        Write("sftn.yaml", "extends: base.yaml\nteacher: {checkpoint: ~, rename: ~, normalization: ~, sftn: {lambda_t: 2}, train: {epochs: 14}}\ndistill: [ce: 0.1, kd: 0.9]");
        Write("friendlier.yaml", "extends: base.yaml\nteacher: {normalization: ~, sftn: {init: pretrained}}\ndistill: [kd: 1]");
        Write("mine.yaml", "extends: base.yaml\ndistill: [ce: 1]\ntrain: {batch: 32}");
    }

    [Fact]
    public void Each_takes_its_loss_from_its_file_and_all_else_from_the_recipe()
    {
        ComparisonRecipe read = OfMethods("mine.yaml", ["student", "kd", "at", "nst-kd"], ["train.seed=4"], [5, 6]);

        Assert.Equal(("compare", "[5, 6]"), (read.Name, $"[{string.Join(", ", read.Seeds)}]"));
        Assert.Equal(["student", "kd", "at", "nst-kd"], read.Variants.Select(variant => variant.Name));
        Recipe[] recipes = [.. read.Variants.Select(variant => variant.Recipe)];
        Assert.Equal(
            ["ce 1", "ce 0.1, kd 0.9", "ce 1, at 1000", "ce 1, nst 50, kd 1"],
            recipes.Select(recipe => string.Join(", ", recipe.Distill.Select(term => FormattableString.Invariant($"{term.Method} {term.Weight}")))));
        Assert.Equal("2", ((OptionScalar)recipes[1].Distill[1].Options["temperature"]!).Text);
        // Not the epochs and the student of kd.yaml, nor the images of at.yaml: the methods would not be compared on equal terms.
        Assert.All(recipes, recipe => Assert.Equal(recipes[0] with { Name = recipe.Name, Distill = recipe.Distill }, recipe));
        Assert.Equal((12, 32, 4, "resnet8", true), (recipes[1].Train.Epochs, recipes[1].Train.Batch, recipes[1].Train.Seed, recipes[1].Student.Model, recipes[1].Data.Augment.Flip));
        Assert.Equal([0, 1, 2], OfMethods("mine.yaml", ["kd"]).Seeds);
    }

    [Fact]
    public void A_student_friendly_teacher_is_trained_as_its_file_says()
    {
        Recipe[] recipes = [.. OfMethods("mine.yaml", ["sftn", "friendlier", "kd"], ["teacher.normalization=~"]).Variants.Select(variant => variant.Recipe)];

        // From scratch: the recipe's checkpoint, and what is said about it, would contradict that.
        Assert.Equal((null, null, 2.0, 14), (recipes[0].Teacher!.Checkpoint, recipes[0].Teacher!.Rename, recipes[0].Teacher!.Sftn!.LambdaT, recipes[0].TeacherTrain.Epochs));
        Assert.Equal(32, recipes[0].TeacherTrain.Batch); // what is left open is the recipe's
        Assert.Equal(("t.pth", true), (recipes[1].Teacher!.Checkpoint, recipes[1].Teacher!.Sftn is not null));
        Assert.Equal(("t.pth", null), (recipes[2].Teacher!.Checkpoint, recipes[2].Teacher!.Sftn));
    }

    [Theory]
    [InlineData("nst-k", "There is no method 'nst-k', nor a recipe of that name beside '{0}mine.yaml' (of recipes with a method, there are at, friendlier, kd, nst-kd, sftn). Did you mean 'nst-kd'")]
    [InlineData("studnet", "Did you mean 'student'?")]
    [InlineData("../kd", "There is no method '../kd'")]
    [InlineData("base", "'{0}base.yaml' has no 'distill', so there is no method in it: add it, as 'distill: [ce: 1, base: 1]'.")]
    [InlineData("grid", "'{0}grid.yaml' is a comparison")]
    public void A_name_without_a_recipe_is_refused_with_what_there_is(string name, string message)
    {
        Write("grid.yaml", "extends: base.yaml\nvariants: {kd: {distill: [kd: 1]}}");
        RetortException refused = Assert.Throws<RetortException>(() => OfMethods("mine.yaml", ["kd", name]));
        Assert.Contains(message.Replace("{0}", Folder + Path.DirectorySeparatorChar, StringComparison.Ordinal), refused.Message);
        Assert.True(refused.WrongUse);
    }

    [Fact]
    public void A_method_without_a_recipe_has_its_usual_weights_and_a_teachers_training_none()
    {
        ComparisonRecipe read = OfMethods("mine.yaml", ["kd", "nst", "pkt"]);
        Assert.Equal(["nst (ce 1, nst 50)", "pkt (ce 1, pkt 30000)"], read.Usual);
        Assert.Equal(["kd", "nst", "pkt"], read.Variants.Select(variant => variant.Name));
        Assert.Equal(50, read.Variants[1].Recipe.Distill.Single(term => term.Method == "nst").Weight);
        Assert.Empty(OfMethods("mine.yaml", ["kd", "at"]).Usual);

        File.Delete(In("sftn.yaml"));
        RetortException refused = Assert.Throws<RetortException>(() => OfMethods("mine.yaml", ["kd", "sftn"]));
        Assert.StartsWith(
            $"There is no recipe '{In("sftn.yaml")}' that says with which weight and options 'sftn' is compared (of recipes with a method, there are at, "
            + "friendlier, kd, nst-kd): write it, as 'extends: mine.yaml' with a 'distill', or ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_comparison_a_name_twice_and_faults_in_a_methods_file_are_refused()
    {
        Write("grid.yaml", "extends: base.yaml\nvariants: {kd: {distill: [kd: 1]}}");
        Write("dist.yaml", "extends: base.yaml\ndistill:\n  - ce: 1\n  - dist: -2");

        Assert.StartsWith($"'{In("grid.yaml")}' is a comparison ", Assert.Throws<RetortException>(() => OfMethods("grid.yaml", ["kd"])).Message, StringComparison.Ordinal);
        Assert.Equal("--methods names 'kd' twice: keep one of them.", Assert.Throws<RetortException>(() => OfMethods("mine.yaml", ["kd", "at", "kd"])).Message);
        Assert.StartsWith($"{In("dist.yaml")}:4:11: ", Assert.Throws<OptionsException>(() => OfMethods("mine.yaml", ["kd", "dist"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_method_of_the_shipped_folders_is_compared_by_its_name()
    {
        foreach (string folder in (string[])["cifar10", "cifar100"])
        {
            string[] names = [.. Directory.GetFiles(RepositoryFiles.Repository("recipes", folder), "*.yaml").Select(file => Path.GetFileNameWithoutExtension(file)).Except(["base"])];
            ComparisonRecipe read = ComparisonRecipe.OfMethods(RepositoryFiles.Repository("recipes", folder, "base.yaml"), names);
            ComparisonGrid grid = ComparisonGrid.Of(read, In("out"), threads: 1);
            Assert.Equal(names.Length, read.Variants.Count);
            Assert.Single(grid.Rows.Select(row => row.Plain).OfType<VariantRow>().DistinctBy(plain => plain.Cells[0].Name)); // all trained alike
        }
    }

    private ComparisonRecipe OfMethods(string recipe, string[] names, string[]? overrides = null, long[]? seeds = null) =>
        ComparisonRecipe.OfMethods(In(recipe), names, overrides, seeds);

    private void Write(string name, string yaml) => File.WriteAllText(In(name), yaml);
}
