using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Retort.Tests.Cli.Support;
using Retort.Tests.Training.Support;
using Retort.Training.Runs;

namespace Retort.Tests.Cli.Commands;

public sealed partial class TrainCommandTests : CliTests
{
    [Fact]
    public void What_a_run_reports_is_what_an_evaluation_of_its_student_finds()
    {
        CommandLine train = Train(Tiny).Done();
        Assert.Contains($"Report:  {In("run", "report.html")}", train.Output);
        Assert.Contains($"Student: {In("run", "student.safetensors")}", train.Output);

        CommandLine eval = CommandLine.Run("eval", In("run", "student.safetensors"), "--recipe", RecipeFile(Tiny), "--precision", "fp32").Done();

        double reported = MetricsLog.Read(In("run", "metrics.jsonl"))[^1].TestAccuracy!.Value;
        Assert.Equal(reported * 100, double.Parse(Top1.Match(eval.Output).Groups["value"].Value, CultureInfo.InvariantCulture), 1);
        Assert.Contains("20 images", eval.Output);
        CommandLine folder = CommandLine.Run("eval", In("run", "checkpoints", "student"), "--recipe", RecipeFile(Tiny), "--precision", "fp32").Done();
        Assert.Equal(Top1.Match(eval.Output).Value, Top1.Match(folder.Output).Value);
    }

    [Fact]
    public void A_runs_folder_stands_for_its_student_and_its_data()
    {
        Train(Tiny).Done();
        string file = Top1.Match(CommandLine.Run("eval", In("run", "student.safetensors"), "--recipe", RecipeFile(Tiny), "--precision", "fp32").Done().Output).Value;
        Assert.Equal(file, Top1.Match(CommandLine.Run("eval", In("run"), "--precision", "fp32").Done().Output).Value);

        File.Delete(In("run", "student.safetensors"));
        CommandLine.Run("eval", In("run")).Refused(2, $"The run in '{In("run")}' is not finished, so there is no student.safetensors: ", $"as {In("run", "checkpoints", "best")}.");
    }

    [Fact]
    public void An_interrupted_run_ends_with_130_says_how_to_go_on_and_goes_on()
    {
        using var interrupt = new CancellationTokenSource();
        using var output = new WatchedWriter("student epoch 1/2", interrupt.Cancel) { NewLine = "\n" };
        CommandLine stopped = CommandLine.Run(output, interrupt.Token, "train", RecipeFile(Tiny), "--out", In("run"));
        Assert.Equal(
            (130, $"Stopped. The same command with --resume goes on from {In("run")}, where it stands.\nretort: interrupted.\n"),
            (stopped.Code, stopped.Error));

        Train(Tiny).Refused(2, $"'{In("run")}' already holds a run that is not finished: say --resume to go on with it, ", "");
        CommandLine resumed = Train(Tiny, "--resume").Done();
        Assert.Contains("student goes on in epoch 2, after step 0.", resumed.Output);

        CommandLine.Run("train", RecipeFile(Tiny), "--out", In("whole")).Done();
        TinyRun.AssertSame(In("whole"), In("run"));
    }

    [Fact]
    public void A_dry_run_shows_the_terms_trains_nothing_and_leaves_nothing()
    {
        const string Distilled = """
            data: {kind: synthetic, train_images: 40, test_images: 20}
            student: {model: resnet8}
            teacher: {model: resnet14, sftn: {}}
            distill: [ce: 1, kd: 1, ft: {weight: 500, paraphraser_epochs: 1}]
            train: {epochs: 2, batch: 8, threads: 1, seed: 7, precision: fp32}
            """;
        CommandLine shown = CommandLine.Run("train", RecipeFile(Distilled), "--dry-run").Done();
        Assert.Contains("dry run of teacher", shown.Output);
        Assert.Contains("branch_kl", shown.Output);
        Assert.Contains("dry run of student", shown.Output);
        Assert.Contains("stage3 [64, 8, 8] ← stage3 [64, 8, 8]", shown.Output);
        Assert.Contains("teacher and ft.paraphraser have not trained yet", shown.Output);
        Assert.DoesNotContain("epoch 1/", shown.Output);
        Assert.False(Directory.Exists(Path.Combine("runs", "tiny")));
        Assert.Equal(["tiny.yaml"], Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(In("tiny.yaml"))!).Select(Path.GetFileName));

        using var json = JsonDocument.Parse(CommandLine.Run("train", RecipeFile(Distilled), "--dry-run", "--json").Output);
        Assert.Equal(["teacher", "student"], json.RootElement.EnumerateArray().Select(stage => stage.GetProperty("stage").GetString()));
        Assert.Equal(
            ["ce", "kd", "ft"], json.RootElement[1].GetProperty("terms").EnumerateArray().Select(term => term.GetProperty("name").GetString()));
    }

    [Fact]
    public void A_dry_run_of_labels_alone_says_that_there_is_nothing_to_weigh_and_takes_no_folder()
    {
        Assert.Contains("there are no terms to weigh", CommandLine.Run("train", RecipeFile(Tiny), "--dry-run").Done().Output);
        CommandLine.Run("train", RecipeFile(Tiny), "--dry-run", "--out", In("run")).Refused(2, "--dry-run keeps nothing and looks with one process, so --out has no meaning beside it", "");
        CommandLine.Run("train", RecipeFile(Tiny), "--dry-run", "--resume").Refused(2, "--dry-run keeps nothing and looks with one process, so --resume has no meaning beside it", "");
    }

    [Fact]
    public void A_changed_recipe_is_not_resumed()
    {
        Train(Tiny).Done();
        Train(Tiny, "--resume", "--set", "train.batch=4").Refused(
            2, $"The run in '{In("run")}' was begun with train.batch 8, but now train.batch is 4: resume it with the recipe it was begun with, or begin anew with --overwrite or another folder (--out).");
        Train(Tiny, "--resume", "--set", "train.threads=2").Done();
        Train(Tiny, "--overwrite", "--set", "train.batch=4").Done();
    }

    [Fact]
    public void Overwriting_a_run_leaves_what_somebody_put_beside_it()
    {
        Train(Tiny).Done();
        File.WriteAllText(In("run", "notes.txt"), "why I ran this");
        Train(Tiny, "--overwrite", "--set", "train.epochs=1").Done();
        Assert.Equal("why I ran this", File.ReadAllText(In("run", "notes.txt")));
        Assert.Single(MetricsLog.Read(In("run", "metrics.jsonl")));
    }

    [Fact]
    public void A_run_is_not_overwritten_by_one_that_begins_with_its_weights()
    {
        Train(Tiny, "--set", "train.epochs=1").Done();
        string student = In("run", "student.safetensors"), checkpoint = In("run", "checkpoints", "student", "network.safetensors");
        Assert.True(File.Exists(checkpoint));
        foreach ((string key, string file) in ((string, string)[])[("student", student), ("teacher", checkpoint)])
        {
            Train(Tiny, "--overwrite", "--set", $"{key}={{model: resnet8, checkpoint: {file}}}").Refused(
                2, $"'{file}' is part of the run in '{In("run")}', which --overwrite deletes, and this one begins with it: give another folder with --out.");
        }

        Assert.True(File.Exists(student) && File.Exists(checkpoint));
        File.Copy(student, In("run", "mine.safetensors"));
        Train(Tiny, "--overwrite", "--set", "train.epochs=1", "--set", $"student.checkpoint={In("run", "mine.safetensors")}").Done();
    }

    [Theory]
    [InlineData("teacher={model: resnet8, checkpoint: none.pth}", "none.pth: there is no such file")]
    [InlineData("distill=[{ce: 1}, {kd: {weight: 1, heat: 4}}]", "heat")]
    [InlineData("data={kind: folder, path: nowhere}", "nowhere")]
    public void A_run_is_not_overwritten_by_one_that_cannot_begin(string set, string message)
    {
        Train(Tiny, "--set", "train.epochs=1").Done();
        string[] teacher = set.StartsWith("distill", StringComparison.Ordinal) ? ["--set", "teacher={model: resnet8}"] : [];
        CommandLine refused = Train(Tiny, ["--overwrite", "--set", set, .. teacher]);
        Assert.NotEqual(0, refused.Code);
        Assert.Contains(message, refused.Error);
        Assert.True(File.Exists(In("run", "student.safetensors")));
        Assert.Contains("is finished already", Train(Tiny, "--resume", "--set", "train.epochs=1").Done().Output);
    }

    [Fact]
    public void A_loss_that_is_no_number_is_told_with_its_term_and_step()
    {
        CommandLine line = Train(Tiny, "--set", "train.optimizer.lr=1e6", "--set", "train.epochs=20");
        line.Refused(1, "The loss term \"ce\" of the stage \"student\" became ", "");
        Assert.Matches("became (NaN|Infinity) in epoch [0-9]+, step [1-5]\\. The (last good checkpoint is '.+', of the end of epoch [0-9]+|stage has no checkpoint yet)\\. Let the run go back ", line.Error);
    }

    [Fact]
    public void A_loss_that_is_no_number_can_be_gone_back_from()
    {
        string[] exploding = ["--set", "train.optimizer.lr=1e6", "--set", "train.epochs=20"];
        Train(Tiny, exploding).Refused(1, "The loss term \"ce\" of the stage \"student\" became ", "");
        CommandLine rescued = Train(Tiny, [.. exploding, "--resume", "--on-nan", "rollback", "--set", "train.rollback_factor=1e-8"]).Done();
        Assert.Contains("Warning: the loss term \"ce\" of student became ", rescued.Output);
        Train(Tiny, "--overwrite", "--on-nan", "wait").Refused(2, "--set train.on_nan: ", "");
    }

    [Fact]
    public void Events_for_TensorBoard_are_written_when_asked_for_and_belong_to_the_run()
    {
        Train(Tiny, "--tensorboard").Done();
        Assert.Single(Directory.GetFiles(In("run", "tensorboard", "student"), "events.out.tfevents.*"));
        Train(Tiny, "--resume").Done(); // what is written beside a run makes it no other
        Train(Tiny, "--overwrite").Done();
        Assert.False(Directory.Exists(In("run", "tensorboard")));
    }

    [Fact]
    public void An_image_folder_is_trained_on_and_evaluated()
    {
        Images();
        Train(OfFolder).Done();
        CommandLine eval = CommandLine.Run("eval", In("run", "student.safetensors"), "--data", In("data")).Done();
        Assert.Contains("4 images", eval.Output);
        Assert.Contains("0 cat", eval.Output);
        Assert.Contains("1 dog", eval.Output);
    }

    [GeneratedRegex(@"top-1 (?<value>[0-9.]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Top1 { get; }
}
