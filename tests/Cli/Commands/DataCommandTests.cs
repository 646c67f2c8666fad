using Retort.Cli.Commands;
using Retort.Distillation.Options;
using Retort.Tests.Cli.Support;
using Retort.Tests.Support;
using Retort.Training.Recipes;

namespace Retort.Tests.Cli.Commands;

public sealed class DataCommandTests : CliTests
{
    [Fact]
    public void A_recipes_data_is_counted_with_what_it_holds_out()
    {
        string output = CommandLine.Run("data", "info", RecipeFile(Tiny), "--set", "data.dev_split=0.25").Done().Output;
        Assert.Matches(@"striped disc +3 +1 +2", output);
        Assert.Matches(@"all +30 +10 +20", output);
        Assert.Contains("synthetic shapes: 10 classes, images of 32x32 pixels", output);
    }

    [Fact]
    public void A_folder_is_measured_and_what_cannot_be_read_in_it_is_named()
    {
        Images();
        string good = CommandLine.Run("data", "info", In("data")).Done().Output;
        Assert.Matches(@"all +10 +4", good);
        // Red is 250 for cats and 5 for dogs, green 0 to 80 in steps of 20, blue as the picture has it.
        Assert.Contains("normalization: {mean: [0.5000, 0.1569, ", good);
        Assert.Contains("std: [0.4804, 0.1109, ", good);

        Image("train", "cat", "torn.jpg", JpegFile.Rgb[..200]);
        CommandLine bad = CommandLine.Run("data", "info", In("data"));
        Assert.Equal(1, bad.Code);
        Assert.Contains($"cannot be read: {In("data", "train", "cat", "torn.jpg")}: ", bad.Output);
        Assert.Matches(@"all +10 +4", bad.Output);
    }

    [Fact]
    public void Images_of_different_sizes_are_told_with_the_smallest_and_the_largest()
    {
        Images();
        Image("test", "dog", "large.png", PngFile.Flat(100, 80, red: 5, green: 0));
        Image("train", "cat", "9small.png", PngFile.Flat(8, 16, red: 250, green: 0));
        string mixed = CommandLine.Run("data", "info", In("data")).Done().Output;
        Assert.Contains("data: 2 classes, images of 8x16 to 100x80 pixels, read at 32x32\n", mixed);
        Assert.Matches(@"all +11 +5", mixed);
        Assert.Contains("8x16 to 100x80 pixels, read at 24x24\n", CommandLine.Run("data", "info", In("data"), "--set", "data.size=24").Done().Output);
        Assert.Contains("8x16 to 100x80 pixels, read at 32x32\n", CommandLine.Run("data", "info", In("data"), "--set", "data.memory_mib=0").Done().Output);
        CommandLine.Run("train", RecipeFile(OfFolder), "--out", In("run")).Refused(1, "Data set 'data': '", "give a size to which all are scaled (data.size in a recipe).");
    }

    [Fact]
    public void Manifests_are_checked_measured_and_trained_on_as_folders_are()
    {
        Images();
        foreach (string split in (string[])["train", "test"])
        {
            File.WriteAllLines(In("data", $"{split}.csv"), Directory.GetFiles(In("data", split), "*.png", SearchOption.AllDirectories)
                .Select(file => $"{Path.GetRelativePath(In("data"), file)},{Path.GetFileName(Path.GetDirectoryName(file))}").Prepend("path,label"));
        }

        string recipe = RecipeFile(OfFolder.Replace("kind: folder", "kind: csv", StringComparison.Ordinal));
        CommandLine.Run("recipe", "check", recipe).Done();
        Assert.Equal(
            CommandLine.Run("data", "info", In("data")).Done().Output.Split("normalization")[1],
            CommandLine.Run("data", "info", recipe, "--set", "data.memory_mib=0").Done().Output.Split("normalization")[1]);
        CommandLine.Run("train", recipe, "--out", In("run")).Done();

        Image("train", "cat", "torn.jpg", JpegFile.Rgb[..200]);
        File.AppendAllText(In("data", "train.csv"), "train/cat/torn.jpg,cat\n");
        CommandLine bad = CommandLine.Run("data", "info", recipe, "--set", "data.memory_mib=0", "--set", "data.size=32");
        Assert.Equal(1, bad.Code);
        Assert.Contains($"cannot be read: {In("data", "train", "cat", "torn.jpg")}: ", bad.Output);
        File.AppendAllText(In("data", "train.csv"), "train/cat/0.png,bird,5\n");
        CommandLine.Run("recipe", "check", recipe).Refused(2, $"{In("data", "train.csv")}:13:22: the line has 3 fields, ", "");
    }

    [Fact]
    public void The_synthetic_set_is_made_into_a_folder_that_is_trained_on()
    {
        string output = CommandLine.Run("data", "make", In("data"), "--train-images", "40", "--test-images", "20", "--image-seed", "3").Done().Output;
        Assert.Contains("writing the training images: 40 of 40\n", output);
        Assert.EndsWith($"40 training and 20 test images of 10 classes lie in {In("data")}. In a recipe:\n  data: {{kind: folder, path: {In("data")}}}\n", output, StringComparison.Ordinal);
        Assert.Matches(@"all +40 +20", CommandLine.Run("data", "info", In("data")).Done().Output);
        string normalization = CommandLine.Run("data", "info", RecipeFile(Tiny), "--set", "data.image_seed=3").Done().Output.Split("normalization")[1];
        Assert.EndsWith(normalization, CommandLine.Run("data", "info", In("data")).Done().Output, StringComparison.Ordinal);

        CommandLine.Run("data", "make", In("data")).Refused(2, $"'{In("data")}' is not empty: name one that does not exist, or is empty.");
        CommandLine.Run("data", "make", In("few"), "--test-images", "9").Refused(2, "Of the 9 test images none is of class 'checked cross', ", "take more images.");
        CommandLine.Run("data", "make", In("few"), "--label-noise", "2").Refused(2, "--label-noise: 'label_noise' is '2', but must be a number between 0 and 0.9", "");
        CommandLine.Run("data", "make", In("few"), "--train-images", "many").Refused(2, "--train-images: 'train_images' is 'many', but must be a whole number ", "");
        Assert.False(Directory.Exists(In("few")));
    }

    [Fact]
    public void The_line_for_a_recipe_is_yaml_whatever_the_folder_is_called()
    {
        string output = CommandLine.Run("data", "make", In("c, d"), "--train-images", "10", "--test-images", "10").Done().Output;
        Assert.EndsWith($"\n  data: {{kind: folder, path: '{In("c, d")}'}}\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_where_nothing_is_may_have_meant_a_folder_or_a_recipe() =>
        CommandLine.Run("data", "info", In("none")).Refused(2, $"There is no folder or recipe '{In("none")}': check the path.");

    [Fact]
    public void Every_key_of_the_synthetic_set_can_be_given_to_make_it()
    {
        IEnumerable<string> Keys(Type options) => OptionsSchema.Describe(options).Select(option => option.Key);
        Assert.Equal(
            Keys(typeof(SyntheticDataOptions)).Except(Keys(typeof(DataOptions))).Select(key => $"--{key.Replace('_', '-')}").Append("--json").Order(),
            new DataMakeCommand().Options.Select(option => option.Name).Order());
    }

    [Fact]
    public void Idx_files_are_checked_measured_and_trained_on()
    {
        foreach (string split in (string[])["train", "t10k"])
        {
            Directory.CreateDirectory(In("data"));
            File.WriteAllBytes(In("data", $"{split}-images-idx3-ubyte"), [0, 0, 8, 3, 0, 0, 0, 8, 0, 0, 0, 28, 0, 0, 0, 28, .. Enumerable.Repeat((byte)51, 8 * 28 * 28)]);
            File.WriteAllBytes(In("data", $"{split}-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 8, 0, 1, 1, 1, 1, 1, 0, 1]);
        }

        string recipe = RecipeFile(OfFolder.Replace("kind: folder", "kind: idx", StringComparison.Ordinal));
        CommandLine.Run("recipe", "check", recipe).Done();
        string info = CommandLine.Run("data", "info", recipe, "--set", "data.classes=[nought,one]").Done().Output;
        Assert.Matches(@"nought +2 +2", info);
        Assert.Contains("2 classes, images of 28x28 pixels\nnormalization: {mean: [0.2000, 0.2000, 0.2000], std: [0.0010, ", info);
        Assert.Matches(@"all +8 +8", CommandLine.Run("data", "info", In("data")).Done().Output);
        CommandLine.Run("train", recipe, "--out", In("run"), "--set", "train.class_weights=balanced").Done();
    }
}
