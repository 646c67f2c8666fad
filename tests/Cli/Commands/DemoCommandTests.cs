using Retort.Tests.Cli.Support;
using Retort.Training.Recipes;

namespace Retort.Tests.Cli.Commands;

public sealed class DemoCommandTests : CliTests
{
    private static readonly string[] Settings =
    [
        "--set", "data.train_images=40", "--set", "data.test_images=20", "--set", "teacher.model=resnet8", "--set", "train.epochs=1",
        "--set", "teacher.train.epochs=1", "--set", "train.batch=8", "--set", "train.threads=1",
    ];

    [Fact]
    public void The_demo_compares_three_networks_and_leaves_report_student_figures_and_recipe()
    {
        CommandLine demo = CommandLine.Run(["demo", "--out", In("demo"), .. Settings]).Done();

        foreach (string role in (string[])["teacher", "student alone", "student distilled"])
            Assert.Contains(role, demo.Output);
        foreach (string file in (string[])["report.html", "student.safetensors", "student.onnx", "metrics.jsonl", "recipe.yaml"])
            Assert.True(new FileInfo(In("demo", file)).Length > 0, file);
        Assert.Equal(40, Assert.IsType<SyntheticDataOptions>(Recipe.Load(In("demo", "recipe.yaml")).Data).TrainImages);
        CommandLine.Run("eval", In("demo", "student.safetensors"), "--recipe", In("demo", "recipe.yaml")).Done();
    }

    [Fact]
    public void An_interrupted_demo_can_be_resumed_and_is_otherwise_begun_anew()
    {
        using var interrupt = new CancellationTokenSource();
        using var output = new WatchedWriter("plain epoch 1/1", interrupt.Cancel) { NewLine = "\n" };
        Assert.Equal(130, CommandLine.Run(output, interrupt.Token, ["demo", "--out", In("demo"), .. Settings]).Code);

        Assert.Contains("teacher is finished already", CommandLine.Run(["demo", "--out", In("demo"), "--resume", .. Settings]).Done().Output);
        Assert.DoesNotContain("finished already", CommandLine.Run(["demo", "--out", In("demo"), .. Settings]).Done().Output);
    }

    [Fact]
    public void The_run_of_another_recipe_is_not_replaced()
    {
        Train(Tiny).Done();
        CommandLine.Run(["demo", "--out", In("run"), .. Settings])
            .Refused(2, $"'{In("run")}' holds the run of another recipe, which the demo would delete: choose another folder with --out, or move the run.");
        Assert.True(File.Exists(In("run", "student.safetensors")));
    }
}
