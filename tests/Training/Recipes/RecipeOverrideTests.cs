using Retort.Distillation.Options;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Recipes;

public sealed class RecipeOverrideTests
{
    private const string Yaml = """
        teacher: {model: resnet20}
        student: {model: resnet8}
        distill: [{ce: 0.1}, {kd: 0.9}]
        train: {schedule: {name: multistep, milestones: [6, 8]}}
        """;

    private static Recipe With(params string[] overrides) => Recipe.Parse(Yaml, "kd.yaml", overrides);

    private static string Fault(params string[] overrides) => Assert.Throws<OptionsException>(() => With(overrides)).Message;

    [Fact]
    public void A_value_is_replaced_or_added()
    {
        var recipe = With("train.epochs=20", "train.optimizer.lr=0.1", "student.model = resnet14", "teacher.checkpoint=runs/a=b.pth");
        Assert.Equal((20, 0.1, "resnet14"), (recipe.Train.Epochs, recipe.Train.Optimizer.Lr, recipe.Student.Model));
        Assert.Equal("runs/a=b.pth", recipe.Teacher!.Checkpoint);
    }

    [Fact]
    public void The_last_of_two_settings_wins() => Assert.Equal(3, With("train.epochs=2", "train.epochs=3").Train.Epochs);

    [Fact]
    public void An_item_of_a_list_is_named_by_its_place_or_a_term_by_its_method()
    {
        Assert.Equal(9, ((MultiStepScheduleOptions)With("train.schedule.milestones.1=9").Train.Schedule).Milestones[1]);
        Assert.Equal(0.5, With("distill.0.ce=0.5").Distill[0].Weight);
        Assert.Equal(0.5, With("distill.kd.weight=0.5").Distill[1].Weight);
        Assert.Equal("--set distill.kd.temperature", With("distill.kd.temperature=8").Distill[1].Options["temperature"]!.Location);
    }

    [Fact]
    public void A_term_whose_method_comes_again_is_named_by_its_number()
    {
        Recipe With(params string[] overrides) => Recipe.Parse(
            Yaml.Replace("{kd: 0.9}", "{kd: 0.9}, {at: 1}, {kd: {weight: 0.5, temperature: 8}}", StringComparison.Ordinal), "kd.yaml", overrides);
        Assert.Equal([0.1, 0.7, 1, 0.5], With("distill.kd.weight=0.7").Distill.Select(t => t.Weight));
        Recipe second = With("distill.kd-2.weight=0.7", "distill.kd-2.temperature=3");
        Assert.Equal([0.1, 0.9, 1, 0.7], second.Distill.Select(t => t.Weight));
        Assert.Equal("3", ((OptionScalar)second.Distill[3].Options["temperature"]!).Text);
        Assert.Equal(
            "--set distill.kd-3.weight: 'distill' is a list without 'kd-3': name an item by its place, from 0. Did you mean 'kd-2'?",
            Assert.Throws<OptionsException>(() => With("distill.kd-3.weight=1")).Message);
    }

    [Fact]
    public void A_list_or_mapping_is_written_in_flow_style()
    {
        var recipe = With("train.schedule.milestones=[3, 4]", "data={kind: synthetic, train_images: 10}", "distill=[ce: 1]");
        Assert.Equal([3, 4], ((MultiStepScheduleOptions)recipe.Train.Schedule).Milestones);
        Assert.Equal(10, ((SyntheticDataOptions)recipe.Data).TrainImages);
        Assert.True(Assert.Single(recipe.Distill).IsCrossEntropy);
    }

    [Fact]
    public void Nothing_takes_an_optional_value_away() => Assert.Null(With("distill=[ce: 1]", "teacher=").Teacher);

    [Theory]
    [InlineData("train.epochs", "--set: 'train.epochs' is no setting: write key=value, as train.epochs=20 or distill.kd.weight=0.9.")]
    [InlineData("=3", "--set: '=3' is no setting: write key=value, as train.epochs=20 or distill.kd.weight=0.9.")]
    [InlineData("train..epochs=3", "--set: 'train..epochs=3' is no setting: write key=value, as train.epochs=20 or distill.kd.weight=0.9.")]
    [InlineData("train.epochs=many", "--set train.epochs: 'train.epochs' is 'many', but must be a whole number between 1 and 100000.")]
    [InlineData("train.epohs=3", "--set train.epohs: unknown key 'epohs' in 'train'. Did you mean 'epochs'? Known keys: epochs, batch, accumulate, drop_last, global_batch, sync_batch_norm, optimizer, schedule, precision, seed, threads, label_smoothing, class_weights, ema, clip_grad_norm, eval_every, keep_last, keep_best, on_nan, rollback_factor, max_rollbacks.")]
    [InlineData("student.model.x=3", "--set student.model.x: 'student.model' is 'resnet8' and has no key 'x': set 'student.model' itself.")]
    [InlineData("distill.2.kd=3", "--set distill.2.kd: 'distill' has 2 items, and no item 2: items count from 0 to 1.")]
    [InlineData("distill.dkd.weight=3", "--set distill.dkd.weight: 'distill' is a list without 'dkd': name an item by its place, from 0. Did you mean 'kd'?")]
    public void A_wrong_setting_is_refused(string setting, string message) => Assert.Equal(message, Fault(setting));

    [Fact]
    public void A_setting_that_is_broken_YAML_is_refused_with_the_setting_named() =>
        Assert.StartsWith("--set train.schedule:2:1: this is not valid YAML: ", Fault("train.schedule=[1"), StringComparison.Ordinal);
}
