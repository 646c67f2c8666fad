using System.Diagnostics;
using Retort.Tests.Cli.Support;
using Retort.Tests.Support;
using Retort.Tests.Training.Runs;
using Retort.Torch;
using Retort.Vision.Models;

namespace Retort.Tests.Cli;

/// <summary>Each is one clear sentence, and exit code 2 where something was asked for that cannot be, 1 where something failed.</summary>
public sealed class BadInputTests : CliTests
{
    private const string Distilled = Tiny + "\ndistill: [{ce: 1}, {kd: 1}]\n";

    [Fact]
    public void A_missing_checkpoint()
    {
        CommandLine.Run("eval", In("none.safetensors"), "--data", "synthetic").Refused(1, $"{In("none.safetensors")}: ", "there is no such file; check the path.");
        Train(Distilled + $"teacher: {{model: resnet20, checkpoint: {In("none.pth")}}}").Refused(1, $"{In("none.pth")}: ", "there is no such file; check the path.");
    }

    [Fact]
    public void A_truncated_checkpoint()
    {
        string file = Weights("resnet8", 10);
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^1000]);
        CommandLine.Run("eval", file, "--data", "synthetic", "--model", "resnet8").Refused(1, $"{file}: ", "");
        Train(Distilled + $"teacher: {{model: resnet8, checkpoint: {file}}}").Refused(1, $"{file}: ", "");
    }

    [Fact]
    public void A_checkpoint_that_is_a_text()
    {
        File.WriteAllText(In("notes.pth"), "these are not weights, whatever the name says");
        CommandLine.Run("eval", In("notes.pth"), "--data", "synthetic", "--model", "resnet8").Refused(1, $"{In("notes.pth")}: ", "");
    }

    [Fact]
    public void Weights_of_another_model_or_for_other_classes()
    {
        string other = Weights("resnet20", 10), hundred = Weights("resnet8", 100);
        CommandLine.Run("eval", other, "--data", "synthetic", "--model", "resnet8")
            .Refused(1, $"{other}: the weights are not those of resnet8 with 10 classes. ", "Check that it is the same model with the same number of classes.");
        CommandLine line = Train(Distilled + $"teacher: {{model: resnet8, checkpoint: {hundred}}}");
        line.Refused(1, $"{hundred}: the weights are not those of resnet8 with 10 classes. ", "Check that it is the same model with the same number of classes.");
        Assert.Contains("fc.weight is [100, 64], must be [10, 64]", line.Error);
    }

    [Fact]
    public void A_checkpoint_that_does_not_say_its_model_or_its_normalisation()
    {
        string file = Weights("resnet8", 10);
        CommandLine.Run("eval", file, "--data", "synthetic").Refused(1, $"{file}: the file does not say which model it holds; name it with --model.");
        CommandLine.Run("eval", file, "--data", "synthetic", "--model", "resnet8")
            .Refused(1, $"{file}: the file does not say how its input is normalised; say it with --normalization.");
        CommandLine.Run("eval", file, "--data", "synthetic", "--model", "resnet8", "--normalization", "imagnet")
            .Refused(2, "There is no normalization named \"imagnet\". Did you mean 'imagenet'? ", "");
    }

    [Fact]
    public void An_unknown_model()
    {
        Train(Tiny.Replace("resnet8", "resnt8", StringComparison.Ordinal)).Refused(2, "There is no model named \"resnt8\". Did you mean 'resnet8'", $"`retort list models` shows all {ModelRegistry.Default.Entries.Count}.");
        CommandLine.Run("eval", Weights("resnet8", 10), "--data", "synthetic", "--model", "resnet9").Refused(2, "There is no model named \"resnet9\". ", "");
    }

    [Fact]
    public void An_unknown_method_or_an_option_it_does_not_have()
    {
        const string teacher = "\nteacher: {model: resnet8}\n";
        Train(Tiny + teacher + "distill: [{kdd: 1}]").Refused(2, "There is no method named \"kdd\". Did you mean ", "");
        Train(Tiny + teacher + "distill: [{kd: {weight: 1, temprature: 2}}]").Refused(2, In("tiny.yaml"), "");
        Train(Tiny + teacher + "distill: [{kd: {weight: 1, temperature: cold}}]").Refused(2, In("tiny.yaml"), "");
        CommandLine.Run("show", "nonsense").Refused(2, "There is no method named \"nonsense\". `retort list methods` shows all ", ".");
    }

    [Fact]
    public void A_method_without_a_teacher() => Train(Distilled).Refused(2, "", "");

    [Fact]
    public void An_image_folder_that_is_missing_or_empty()
    {
        Train(OfFolder).Refused(1, $"Image folder '{In("data")}' does not exist; ", "");
        Directory.CreateDirectory(In("data", "train"));
        Directory.CreateDirectory(In("data", "test"));
        Train(OfFolder).Refused(1, $"Image folder '{In("data", "train")}' has no class folders; ", "");
    }

    [NotAsRootFact]
    public void An_image_folder_that_may_not_be_read()
    {
        Images();
        Directory.CreateDirectory(In("data", "train", "cat"));
        Assert.Equal(0, InstalledProgram.Run("chmod", "000", In("data", "train", "cat")));
        try
        {
            Train(OfFolder).Refused(1, $"Folder '{In("data", "train", "cat")}' cannot be read (", "check its permissions.");
        }
        finally
        {
            Assert.Equal(0, InstalledProgram.Run("chmod", "700", In("data", "train", "cat")));
        }
    }

    [Fact]
    public void A_truncated_jpeg()
    {
        Images();
        Image("train", "cat", "torn.jpg", JpegFile.Rgb[..200]);
        CommandLine line = Train(OfFolder);
        line.Refused(1, $"1 of the 11 images in '{In("data", "train")}' cannot be read (", "");
        Assert.Contains($"'{In("data", "train", "cat", "torn.jpg")}'", line.Error);
    }

    [Fact]
    public void A_class_folder_without_images()
    {
        Images();
        Directory.CreateDirectory(In("data", "train", "emu"));
        Train(OfFolder).Refused(1, $"Class folder '{In("data", "train", "emu")}' has no JPEG or PNG files; add images or remove the folder.");
    }

    [Fact]
    public void Test_images_of_other_classes_than_the_training_images()
    {
        Images();
        Directory.Move(In("data", "test", "dog"), In("data", "test", "emu"));
        Train(OfFolder).Refused(1, $"Image folder '{In("data", "test")}' has no folder for class 'dog', which the training images have; add it.");
    }

    [Fact]
    public void A_network_for_other_classes_than_the_images_have()
    {
        Images();
        Train(Tiny).Done();
        CommandLine.Run("eval", In("run", "student.safetensors"), "--data", In("data"))
            .Refused(1, $"{In("run", "student.safetensors")}: the network has 10 classes, 'data' has 2; use the data it was trained on.");
    }

    [Theory]
    [InlineData("student: {model: resnet8}\ntrian: {epochs: 1}", "train")]
    [InlineData("student: {model: resnet8}\ntrain: {epocs: 1}", "epochs")]
    [InlineData("student: {model: resnet8}\ntrain: {epochs: many}", "a whole number")]
    [InlineData("student: {model: resnet8}\ntrain: {epochs: 0}", "between 1 and")]
    [InlineData("student: resnet8", "student")]
    [InlineData("train: {epochs: 1}", "student")]
    [InlineData("student: {model: [", "yaml")]
    [InlineData("", "student")]
    [InlineData("- a\n- b", "mapping")]
    public void A_recipe_with_a_wrong_key_a_wrong_type_or_bad_yaml(string yaml, string word)
    {
        CommandLine line = Train(yaml);
        Assert.True(line.Code == 2, $"code {line.Code}\n{line.Output}\n{line.Error}");
        Assert.Contains("tiny.yaml", line.Error);
        Assert.Contains(word, line.Error);
        Assert.DoesNotContain("   at ", line.Error);
        Assert.False(Directory.Exists(In("run")));
    }

    [Fact]
    public void A_recipe_that_is_not_there()
    {
        CommandLine line = CommandLine.Run("train", In("none.yaml"));
        Assert.InRange(line.Code, 1, 2);
        line.Refused(line.Code, "", "");
        Assert.Contains(In("none.yaml"), line.Error);
    }

    [Fact]
    public void A_setting_that_is_none()
    {
        Train(Tiny, "--set", "train.epochs").Refused(2, "--set: 'train.epochs' is no setting", "");
        Train(Tiny, "--set", "train.epoch=1").Refused(2, "--set train.epoch: ", "");
        Train(Tiny, "--resume", "--overwrite").Refused(2, "--resume and --overwrite exclude each other: keep one of them. ", "");
    }

    [NeedsSmallDiskFact]
    public void A_disk_without_space()
    {
        using var disk = new SmallDisk(In("disk"));
        CommandLine.Run("train", RecipeFile(Tiny), "--out", In("disk", "run")).Refused(1, $"The disk of '{In("disk", "run")}' has ", "or choose another folder with --out.");
    }

    [ProgramFact("flock")]
    public void A_folder_in_which_another_process_runs()
    {
        Directory.CreateDirectory(In("run"));
        File.WriteAllText(In("run", ".holder"), "process 77 on elsewhere");
        string script = $"exec 9<>'{In("run", ".lock")}'; flock -x 9; echo held; exec sleep 60";
        using var other = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        Assert.Equal("held", other.StandardOutput.ReadLine());
        try
        {
            Train(Tiny).Refused(2, $"Another run is writing '{In("run")}' (process 77 on elsewhere): wait for it, stop it, or choose another folder with --out.");
        }
        finally
        {
            other.Kill();
            other.WaitForExit();
        }
    }

    [Fact]
    public void A_folder_that_holds_foreign_files()
    {
        Directory.CreateDirectory(In("run"));
        File.WriteAllText(In("run", "thesis.tex"), "years of work");
        File.WriteAllText(In("run", ".lock"), "another program's");
        foreach (string more in (string[])["--overwrite", "--resume"])
            Train(Tiny, more).Refused(2, $"'{In("run")}' holds files that are no run's, such as 'thesis.tex': choose a new or empty folder with --out.");
        Assert.Equal("years of work", File.ReadAllText(In("run", "thesis.tex")));
    }

    [Fact]
    public void A_folder_without_a_name_or_that_is_a_file()
    {
        CommandLine.Run("train", RecipeFile(Tiny), "--out", "").Refused(2, "The run's folder '' cannot be written (", "or change its rights.");
        CommandLine.Run("train", RecipeFile(Tiny), "--out", In("tiny.yaml")).Refused(2, $"The run's folder '{In("tiny.yaml")}' cannot be written (", "or change its rights.");
    }

    [Fact]
    public void A_device_that_is_not_there_or_is_none()
    {
        string file = Weights("resnet8", 10);
        foreach (string[] line in (string[][])[["train", RecipeFile(Tiny), "--out", In("run")], ["eval", file, "--data", "synthetic", "--model", "resnet8"]])
        {
            CommandLine.Run([.. line, "--device", "nonsense"]).Refused(2, "--device: \"nonsense\" is no device: use cpu, cuda or cuda:N.");
            if (TorchRuntime.CudaDevices == 0)
                CommandLine.Run([.. line, "--device", "cuda"]).Refused(2, "This libtorch finds no CUDA device: compute with --device cpu, or set LIBTORCH to a CUDA build.");
        }
    }

    [Fact]
    public void An_evaluation_without_images_or_with_two_kinds()
    {
        CommandLine.Run("eval", Weights("resnet8", 10)).Refused(2, "Name the images with --data, or with the recipe that has them with --recipe. ", "");
        CommandLine.Run("eval", "x", "--data", "synthetic", "--recipe", "y").Refused(2, "Name the images with --data, or", "");
    }
}

/// <summary>A test of rights, which root always has; it says so when it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NotAsRootFactAttribute : FactAttribute
{
    public NotAsRootFactAttribute() => Skip = Environment.IsPrivilegedProcess ? "root may read everything" : null;
}
