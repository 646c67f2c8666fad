using Retort.Distillation.Options;
using Retort.Tests.Training.Support;
using Retort.Training.Data;
using Retort.Training.Recipes;
using Retort.Vision.Datasets;

namespace Retort.Tests.Training.Runs;

public sealed class TeacherCachingTests : InTemporaryFolder
{
    private static Recipe Plain { get; } = TinyRun.Distilled with { Distill = [new("ce", 0.5), new("kd", 0.5), new("at", 100)] };

    [Theory]
    [InlineData(0, 0)] // two epochs with variants of their own: nothing comes again
    [InlineData(1, 50)]
    public void A_run_is_the_same_with_a_cache_and_without(int variants, int found)
    {
        Recipe recipe = Plain with { Data = TinyRun.Data with { Augment = new() { Variants = variants } } };
        TinyRun.Do(recipe, In("without"));
        var first = new RecordingObserver();
        string report = TinyRun.Do(Cached(recipe), In("first"), first).ReportFile;
        TinyRun.AssertSame(In("without"), In("first"));
        Assert.Contains(first.Notices, n => n == $"What the teacher says of the training images is kept in '{In("teacher-cache")}'.");
        Assert.Contains($"{found}.00 % of the teacher", File.ReadAllText(report));

        // A second run of the same recipe need not ask the teacher at all.
        report = TinyRun.Do(Cached(recipe), In("second")).ReportFile;
        TinyRun.AssertSame(In("without"), In("second"));
        Assert.Contains("100.00 % of the teacher", File.ReadAllText(report));
    }

    [Fact]
    public void Other_methods_of_a_seed_find_what_they_share_and_add_what_they_need()
    {
        Recipe logits = TinyRun.Distilled;
        TinyRun.Do(Cached(logits), In("kd"));
        TinyRun.Do(Cached(Plain), In("at"));
        TinyRun.Do(Plain, In("without"));
        TinyRun.AssertSame(In("without"), In("at"));
        Assert.Contains("100.00 % of the teacher", File.ReadAllText(TinyRun.Do(Cached(logits), In("again")).ReportFile));
    }

    [Fact]
    public void A_resumed_run_reaches_the_same_bits_with_the_cache()
    {
        TinyRun.Do(Plain, In("without"));
        TinyRun.DoCancelled(Cached(Plain), In("run"), cancel => new() { OnEpoch = e => { if (e.Stage == "student") cancel.Cancel(); } });
        TinyRun.Do(Cached(Plain), In("run"));
        TinyRun.AssertSame(In("without"), In("run"));
    }

    [Fact]
    public void How_images_are_read_makes_no_other_cache()
    {
        ImageFolderWriter.Write(
            In("images"), TinyRun.Data.Read(DatasetSplit.Training, null, null, default), TinyRun.Data.Read(DatasetSplit.Test, null, null, default));
        var images = new FolderDataOptions { Path = In("images"), Normalization = new() { Preset = "cifar10" } };
        TinyRun.Do(Cached(Plain with { Data = images }), In("first"));
        string report = TinyRun.Do(Cached(Plain with { Data = images with { MemoryMib = 0, DecodeThreads = 1 } }), In("streamed")).ReportFile;
        TinyRun.AssertSame(In("first"), In("streamed"));
        Assert.Contains("100.00 % of the teacher", File.ReadAllText(report));
        Assert.Single(Directory.GetDirectories(In("teacher-cache")));
    }

    [Fact]
    public void Mixed_images_never_come_again_and_are_refused()
    {
        var recipe = Cached(Plain) with { Data = TinyRun.Data with { Augment = new() { Mixup = 0.2 } } };
        OptionsException refused = Assert.Throws<OptionsException>(() => Recipe.Parse(recipe.ToYaml(), "r.yaml"));
        Assert.Contains("mixup and cutmix", refused.Message);
    }

    private static Recipe Cached(Recipe recipe) => recipe with { Teacher = recipe.Teacher! with { Cache = new() } };
}
