using Retort.Distillation.Options;
using Retort.Tests.Support;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Recipes;

public sealed class RecipeInheritanceTests : IDisposable
{
    private const string Base = """
        name: base
        data: {kind: folder, path: images, augment: {pad: 2}}
        teacher: {model: resnet20, checkpoint: teacher.pth}
        student: {model: resnet8}
        distill: [{ce: 0.1}, {kd: 0.9}]
        train:
          epochs: 12
          optimizer: {name: sgd, lr: 0.1, momentum: 0.5}
          schedule: {name: multistep, milestones: [7, 10], gamma: 0.2}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Mappings_merge_key_by_key_and_lists_are_replaced()
    {
        Write("base.yaml", Base);
        var recipe = Load("extends: base.yaml\ndistill: [ce: 1]\ntrain: {batch: 32, optimizer: {momentum: 0.8}, schedule: {milestones: [3]}}\ndata: {augment: {flip: false}}");
        Assert.Equal([new DistillTerm("ce", 1)], recipe.Distill);
        Assert.Equal((12, 32), (recipe.Train.Epochs, recipe.Train.Batch));
        Assert.Equal(new SgdOptions { Lr = 0.1, Momentum = 0.8 }, recipe.Train.Optimizer);
        Assert.Equal(new MultiStepScheduleOptions { Milestones = [3], Gamma = 0.2 }, recipe.Train.Schedule);
        Assert.Equal(new AugmentOptions { Pad = 2, Flip = false }, recipe.Data.Augment);
    }

    [Fact]
    public void Another_variant_takes_nothing_of_the_one_below()
    {
        Write("base.yaml", Base);
        var recipe = Load("extends: base.yaml\ntrain: {optimizer: {name: adamw}, schedule: cosine}\ndata: {kind: synthetic}");
        Assert.Equal(new AdamWOptions(), recipe.Train.Optimizer);
        Assert.Equal(new CosineScheduleOptions(), recipe.Train.Schedule);
        Assert.Equal(new SyntheticDataOptions(), recipe.Data);
    }

    [Fact]
    public void The_name_is_not_inherited_and_nothing_takes_an_optional_value_away()
    {
        Write("base.yaml", Base);
        var recipe = Load("extends: base.yaml\nteacher: ~\ndistill: [ce: 1]");
        Assert.Equal("own", recipe.Name);
        Assert.Null(recipe.Teacher);
    }

    [Fact]
    public void Files_extend_each_other_across_folders_and_paths_are_found_beside_any_of_them()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "below", "images"));
        Write("below/base.yaml", Base);
        Write("middle.yaml", "extends: below/base.yaml\ntrain: {epochs: 5, batch: 16}");
        Write("teacher.pth", "");
        var recipe = Load("extends: middle.yaml\ntrain: {batch: 8}");
        Assert.Equal((5, 8, 0.1), (recipe.Train.Epochs, recipe.Train.Batch, recipe.Train.Optimizer.Lr));
        Assert.Equal(Path.Combine(_folder.Path, "below", "images"), Path.GetFullPath(((FolderDataOptions)recipe.Data).Path));
        Assert.Equal(Path.Combine(_folder.Path, "teacher.pth"), Path.GetFullPath(recipe.Teacher!.Checkpoint!));
    }

    [Fact]
    public void Settings_of_the_command_line_come_last_and_the_saved_recipe_stands_alone()
    {
        Write("base.yaml", Base);
        var recipe = Load("extends: base.yaml\ntrain: {epochs: 20}", "train.epochs=30", "distill.kd.weight=0.5");
        Assert.Equal((30, 0.5), (recipe.Train.Epochs, recipe.Distill[1].Weight));
        Assert.Equal(recipe, Recipe.Parse(recipe.ToYaml(), "recipe.yaml"));
    }

    [Fact]
    public void A_fault_names_the_file_in_which_it_stands()
    {
        var below = Write("base.yaml", "student: {model: a}\ntrain:\n  epohs: 3");
        var own = Path.Combine(_folder.Path, "own.yaml");
        var message = Fault("extends: base.yaml\ntrain: {batch: 0}");
        Assert.Contains($"{below}:3:3: unknown key 'epohs'", message, StringComparison.Ordinal);
        Assert.Contains($"{own}:2:16: 'train.batch' is '0'", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("extends: none.yaml", "1:10: 'extends' names 'none.yaml', but there is no recipe '{0}/none.yaml': give its path from this file's folder.")]
    [InlineData("extends: .", "1:10: 'extends' names '.', but there is no recipe '{0}/.': give its path from this file's folder.")]
    [InlineData("extends: own.yaml", "1:10: 'extends' leads in a circle, {0}/own.yaml → {0}/own.yaml: take it out of one of them.")]
    [InlineData("extends: [a.yaml]", "1:10: 'extends' is a list, but must be the path of a recipe, as base.yaml.")]
    [InlineData("extends:", "1:9: 'extends' is empty, but must be the path of a recipe, as base.yaml.")]
    [InlineData("extends: a.yaml\nextends: b.yaml", "2:1: 'extends' is given twice: a recipe extends one other.")]
    public void A_wrong_extends_is_refused_with_its_place(string yaml, string message) =>
        Assert.Equal($"{_folder.Path}/own.yaml:{string.Format(message, _folder.Path)}", Fault(yaml));

    [Fact]
    public void A_circle_of_several_files_is_shown()
    {
        Write("a.yaml", "extends: b.yaml");
        var b = Write("b.yaml", "extends: own.yaml");
        Assert.Equal(
            $"{b}:1:10: 'extends' leads in a circle, {_folder.Path}/own.yaml → {_folder.Path}/a.yaml → {b} → {_folder.Path}/own.yaml: take it out of one of them.",
            Fault("extends: a.yaml"));
    }

    [Fact]
    public void A_chain_without_end_is_refused()
    {
        for (var i = 0; i < 20; i++)
            Write($"{i}.yaml", $"extends: {i + 1}.yaml");
        Assert.Equal($"{_folder.Path}/14.yaml:1:10: 'extends' has led through 16 files, which is the most: join some of them.", Fault("extends: 0.yaml"));
    }

    [Fact]
    public void A_base_that_is_no_mapping_is_refused()
    {
        var below = Write("base.yaml", "- a");
        Assert.Equal($"{below}:1:1: the recipe is a list, but must be a mapping.", Fault("extends: base.yaml"));
    }

    [Fact]
    public void Only_a_file_extends()
    {
        var fault = Assert.Throws<OptionsException>(() => Recipe.Parse("extends: base.yaml\nstudent: {model: a}", "kd.yaml"));
        Assert.Equal("kd.yaml:1:10: 'extends' is for recipe files: write it into one.", fault.Message);
    }

    private Recipe Load(string yaml, params string[] overrides) => Recipe.Load(Write("own.yaml", yaml), overrides);

    private string Fault(string yaml) => Assert.Throws<OptionsException>(() => Load(yaml)).Message;

    private string Write(string name, string yaml) => _folder.Write(name, System.Text.Encoding.UTF8.GetBytes(yaml));
}
