using Retort.Distillation.Options;
using Retort.Tests.Support;
using Retort.Tests.Torch;
using Retort.Tests.Training.Support;
using Retort.Torch;
using Retort.Torch.Serialization;
using Retort.Training.Comparisons;
using Retort.Training.Recipes;
using Retort.Training.Reports;
using Retort.Training.Runs;

namespace Retort.Tests.Training.Runs;

/// <summary>Students of networks that Python's torch scripted and traced (tests/Torch/TorchScript/Fixtures).</summary>
public sealed class TorchScriptTeacherTests : InTemporaryFolder
{
    private const string Taps = "taps: {stage1: layer1.0, stage2: layer1, stage3: layer2, pooled: avgpool}";

    private static string File(string name) => RepositoryFiles.Repository("tests", "Torch", "TorchScript", "Fixtures", name);

    private static string Yaml(string teacher, string distill) => $$"""
        data: {kind: synthetic, train_images: 40, test_images: 20}
        student: {model: resnet8}
        teacher: {torchscript: {{teacher}}}
        distill: [{ce: 1}, {{distill}}]
        train: {epochs: 2, batch: 8, threads: 1, seed: 7, precision: fp32}
        """;

    private static Recipe Of(string teacher, string distill) => Recipe.Parse(Yaml(teacher, distill), "script.yaml");

    [Theory]
    [InlineData("scripted.pt", "{kd: 1}, {nst: 1}, {at: 100}, {srrl: 1}")]
    [InlineData("traced.pt", "{dist: 1}, {ft: {weight: 1, paraphraser_epochs: 1}}, {fitnet: 1}, {rkd: 1}")]
    public void Methods_of_logits_and_of_features_learn_from_it_and_a_resumed_run_reaches_the_same_bits(string file, string distill)
    {
        Recipe recipe = Of($"{File(file)}, {Taps}", distill);
        Assert.Equal(recipe, Recipe.Parse(recipe.ToYaml(), "again.yaml"));
        long before = Collector.LiveTensors();
        RunResult result = TinyRun.Do(recipe, In("whole"));
        Assert.Equal(before, TorchRuntime.LiveTensors);
        NetworkSummary teacher = result.Networks[0];
        Assert.Equal((Path.GetFileNameWithoutExtension(file), 0), (teacher.Model, teacher.Macs));
        Assert.True(teacher.Parameters > 500);
        Assert.Contains(File(file), System.IO.File.ReadAllText(In("whole", "teacher.json")));

        TinyRun.DoCancelled(recipe, In("broken"), cancel => new() { OnEpoch = e => { if (e.Stage == "student") cancel.Cancel(); } });
        TinyRun.Do(recipe, In("broken"));
        TinyRun.AssertSame(In("whole"), In("broken"));
    }

    [Fact]
    public void What_it_says_is_kept_and_found_again_but_not_that_of_other_modules()
    {
        const string distill = "{kd: 1}, {at: {weight: 100, taps: [\"stage2:stage1\"]}}";
        Recipe recipe = Of($"{File("scripted.pt")}, {Taps}", distill);
        TinyRun.Do(recipe, In("without"));
        TinyRun.Do(Cached(recipe), In("first"));
        string report = TinyRun.Do(Cached(recipe), In("second")).ReportFile;
        TinyRun.AssertSame(In("without"), In("second"));
        Assert.Contains("100.00 % of the teacher", System.IO.File.ReadAllText(report));

        Recipe other = Of($"{File("scripted.pt")}, taps: {{stage1: layer1.0.conv1}}", distill);
        TinyRun.Do(other, In("other"));
        TinyRun.Do(Cached(other), In("other-cached"));
        TinyRun.AssertSame(In("other"), In("other-cached"));
    }

    [Fact]
    public void Its_input_is_normalised_as_the_recipe_says_and_it_computes_in_16_bits()
    {
        Recipe recipe = Of($"{File("dict.pt")}, output: logits, normalization: imagenet", "{kd: 1}");
        var observer = new RecordingObserver();
        TinyRun.Do(recipe with { Train = recipe.Train with { Precision = Precision.Bf16, Epochs = 1 } }, In("run"), observer);
        Assert.Contains(observer.Notices, n => n.StartsWith("The teacher's input is normalised as it was trained: mean 0.485, ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_comparison_is_laid_out_with_it()
    {
        System.IO.File.WriteAllText(In("a.yaml"), Yaml($"{File("traced.pt")}, {Taps}", "{kd: 1}"));
        System.IO.File.WriteAllText(In("b.yaml"), Yaml($"{File("traced.pt")}, {Taps}", "{at: 1}"));
        ComparisonGrid grid = ComparisonGrid.Of(ComparisonRecipe.Load([In("a.yaml"), In("b.yaml")], seeds: [0]), In("out"), threads: 1);
        Assert.Empty(grid.Teachers);
        Assert.Equal("traced → resnet8", grid.Rows[1].Pair);
        Assert.Equal("a", grid.Rows[2].Baseline?.Name);
    }

    [Fact]
    public void A_path_counts_from_the_recipe_and_a_check_tells_what_would_stop_a_run()
    {
        System.IO.File.Copy(File("scripted.pt"), In("net.pt"));
        Assert.Empty(Check("net.pt, " + Taps, "{kd: 1}, {nst: 1}"));
        Assert.EndsWith("the network has no module \"layer9\". Did you mean 'layer1' or 'layer2'?", Assert.Single(Check("net.pt, taps: {stage1: layer9}", "{kd: 1}")));
        Assert.Equal(
            "at needs the tap \"stage7\" of the teacher, but net has only stage1, stage2, stage3, pooled: choose another network, or other taps if the method has an option for them.",
            Assert.Single(Check("net.pt, " + Taps, "{at: {weight: 1, taps: [\"stage1:stage7\"]}}")));
        Assert.StartsWith($"{In("none.pt")}: there is no such file", Assert.Single(Check(In("none.pt"), "{kd: 1}")));
        Assert.Contains("it holds no TorchScript network but saved tensors", Assert.Single(Check(RepositoryFiles.Repository("tests", "Torch", "Serialization", "Fixtures", "types.pth"), "{kd: 1}")));
    }

    [Fact]
    public void One_of_another_number_of_classes_is_refused_before_anything_trains()
    {
        Recipe recipe = Of(File("scripted.pt"), "{kd: 1}") with { Data = new TwoClasses() };
        var observer = new RecordingObserver();
        string message = Assert.Throws<CheckpointException>(() => TinyRun.Do(recipe, In("run"), observer)).Message;
        Assert.EndsWith("the network has 10 classes, the data has 2; take a teacher of the data's classes, in the data's order.", message);
        Assert.Empty(observer.Stages);
    }

    [Theory]
    [InlineData("{taps: {stage1: layer1}}", "'teacher.model' is missing")]
    [InlineData("{torchscript: a.pt, model: resnet8}", "'teacher.torchscript' has its own code and weights")]
    [InlineData("{torchscript: a.pt, checkpoint: b.pth}", "'teacher.torchscript' has its own code and weights")]
    [InlineData("{torchscript: a.pt, train: {epochs: 2}}", "'teacher.torchscript' gives a network that is as it is, and cannot be trained")]
    [InlineData("{model: resnet8, taps: {stage1: layer1}}", "'teacher.taps' is for a 'torchscript' network")]
    [InlineData("{model: resnet8, output: logits}", "'teacher.output' is for a 'torchscript' network")]
    [InlineData("{torchscript: a.pt, taps: {stage1: [layer1]}}", "'teacher.taps' gives 'stage1' no module")]
    [InlineData("{torchscript: a.pt, taps: {../x: layer1}}", "'teacher.taps' names a tap '../x': names are letters, digits")]
    [InlineData("{torchscript: a.pt, taps: {/x: layer1}}", "'teacher.taps' names a tap '/x': names are letters, digits")]
    [InlineData("{model: resnet8, rename: ['a=b']}", "'teacher.rename' is about a 'checkpoint', which there is not")]
    [InlineData("{model: resnet8, checkpoint: a.pth, rename: ['a']}", "'teacher.rename' has a rule that cannot be used: 'a' is no renaming")]
    [InlineData("{model: resnet8, key: ema}", "'teacher.key' is about a 'checkpoint'")]
    public void Keys_that_do_not_fit_each_other_are_refused(string teacher, string message) => Assert.Contains(
        message, Assert.Throws<OptionsException>(() => Recipe.Parse($"student: {{model: resnet8}}\nteacher: {teacher}\ndistill: [{{kd: 1}}]", "r.yaml")).Message);

    private static Recipe Cached(Recipe recipe) => recipe with { Teacher = recipe.Teacher! with { Cache = new() } };

    private IReadOnlyList<string> Check(string teacher, string distill)
    {
        System.IO.File.WriteAllText(In("check.yaml"), Yaml(teacher, distill));
        return RecipeCheck.Problems(In("check.yaml"));
    }

    [OptionVariantName("two")]
    private sealed record TwoClasses : DataOptions
    {
        public override Retort.Vision.Datasets.ImageDataset Read(
            Retort.Vision.Datasets.DatasetSplit split, IReadOnlyList<string>? classes, Action<string, int, int>? progress, CancellationToken cancel) =>
            new("two", ["a", "b"], Retort.Vision.Datasets.ImageSize.Square(32), new byte[8 * 3072], [0, 1, 0, 1, 0, 1, 0, 1]);

        public override Retort.Vision.Datasets.DatasetOutline Outline() => new(["a", "b"], Retort.Vision.Datasets.ImageSize.Square(32));
    }
}
