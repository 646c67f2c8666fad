using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Methods;
using Retort.Distillation.Options;
using Retort.Tests.Training.Support;
using Retort.Torch.Networks;
using Retort.Training.Checkpoints;
using Retort.Training.Recipes;
using Retort.Training.Runs;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

namespace Retort.Tests.Training.Runs;

/// <summary>Data, models and options of methods that come from outside the library.</summary>
public sealed class OwnPartsTests : InTemporaryFolder
{
    private static readonly ModelRegistry Models = new([.. ModelRegistry.Default.Entries, new ModelEntry("own", 32, classes => new CifarResNet(8, 16, 16, classes))]);

    private static Recipe Recipe { get; } = TinyRun.Alone with { Data = new FlatImages { Train = 16 }, Student = new() { Model = "own" } };

    [Fact]
    public void A_run_of_own_data_and_an_own_model_is_written_down_and_can_be_resumed()
    {
        Train(Recipe);
        string written = File.ReadAllText(In("run", "recipe.yaml"));
        Assert.Contains("kind: flat", written);
        Assert.Equal(Recipe, Retort.Training.Recipes.Recipe.Parse(written, "recipe.yaml", variants: [typeof(FlatImages)]));
        Train(Recipe);
        var changed = Assert.Throws<RunFolderException>(() => Train(Recipe with { Data = new FlatImages { Train = 24 } }));
        Assert.Contains("was begun with data.train 16, but now data.train is 24", changed.Message);

        (Network student, NetworkCard card) = CheckpointLoader.Open(In("run", "student.safetensors"), Models);
        using (student)
            Assert.Equal(("own", 2, 2), (card.Model, card.Classes.Count, student.Classes));
        Assert.Contains("\"own\"", Assert.Throws<Retort.Torch.Serialization.CheckpointException>(() => CheckpointLoader.Open(In("run", "student.safetensors"))).Message);
    }

    [Fact]
    public void A_recipe_file_may_name_own_data_that_its_reader_knows()
    {
        const string yaml = "data: {kind: flat, train: 8}\nstudent: {model: own}";
        Assert.Equal(new FlatImages { Train = 8 }, Retort.Training.Recipes.Recipe.Parse(yaml, "own.yaml", variants: [typeof(FlatImages)]).Data);
        Assert.Contains("must be one of synthetic, folder, ", Fault(yaml));
        Assert.EndsWith(", flat. Did you mean 'flat'?", Fault(yaml.Replace("flat", "falt", StringComparison.Ordinal), typeof(FlatImages)));
        Assert.Contains("'data.train' is '0'", Fault(yaml.Replace("train: 8", "train: 0", StringComparison.Ordinal), typeof(FlatImages)));
    }

    [Fact]
    public void Own_data_needs_a_name_and_one_that_is_free()
    {
        Assert.Equal(
            "Nameless is a DataOptions, but has no name for recipes: put [OptionVariantName(\"...\")] on it.",
            Assert.Throws<InvalidOperationException>(() => (Recipe with { Data = new Nameless() }).ToYaml()).Message);
        Assert.Equal(
            "Taken and SyntheticDataOptions are both the DataOptions \"synthetic\": give one of them another name.",
            Assert.Throws<InvalidOperationException>(() => Retort.Training.Recipes.Recipe.Parse("data: {kind: synthetic}\nstudent: {model: own}", "own.yaml", variants: [typeof(Taken)])).Message);
    }

    [Fact]
    public void Two_models_of_one_name_are_refused() => Assert.Contains(
        "\"resnet8\"", Assert.Throws<ArgumentException>(() => new ModelRegistry([.. ModelRegistry.Default.Entries, ModelRegistry.Default.Find("resnet8")])).Message);

    [Fact]
    public void A_term_takes_its_methods_options_record()
    {
        Recipe typed = TinyRun.Distilled with { Distill = [new("ce", 1), new("nst", 50, new NeuronSelectivityTransferOptions { Kernel = SelectivityKernel.Gaussian })] };
        Assert.Equal(typed, Retort.Training.Recipes.Recipe.Parse(typed.ToYaml(), "tiny.yaml"));
        Assert.Contains("kernel: gaussian", typed.ToYaml());

        Recipe other = TinyRun.Distilled with { Distill = [new("ce", 1), new("nst", 50, new KnowledgeDistillationOptions())] };
        using RunFolder folder = RunFolder.Open(In("run"), ExistingRun.Refuse);
        Assert.Contains("unknown key 'temperature' in 'distill.nst'", Assert.Throws<OptionsException>(() => new Run(other, folder)).Message);
    }

    private void Train(Recipe recipe)
    {
        using RunFolder folder = RunFolder.Open(In("run"), ExistingRun.Resume);
        using var run = new Run(recipe, folder, models: Models);
        run.Train();
    }

    private static string Fault(string yaml, params Type[] variants) =>
        Assert.Throws<OptionsException>(() => Retort.Training.Recipes.Recipe.Parse(yaml, "own.yaml", variants: variants)).Message;

    private record Flat : DataOptions
    {
        public override ImageDataset Read(DatasetSplit split, IReadOnlyList<string>? classes, Action<string, int, int>? progress, CancellationToken cancel)
        {
            int count = split == DatasetSplit.Training ? Count : 8;
            byte[] pixels = new byte[count * 3072];
            for (int i = 0; i < count; i++)
                pixels.AsSpan(i * 3072, 3072).Fill((byte)(i % 2 * 200));
            return new ImageDataset("flat", ["dark", "light"], ImageSize.Square(32), pixels, [.. Enumerable.Range(0, count).Select(i => i % 2)]);
        }

        public override DatasetOutline Outline() => new(["dark", "light"], ImageSize.Square(32));

        protected virtual int Count => 16;
    }

    [OptionVariantName("flat")]
    private sealed record FlatImages : Flat
    {
        [Range(1, 1000)]
        public int Train { get; init; } = 16;

        protected override int Count => Train;
    }

    private sealed record Nameless : Flat;

    [OptionVariantName("synthetic")]
    private sealed record Taken : Flat;
}
