using System.Text.RegularExpressions;
using Retort.Tests.Cli.Support;
using Retort.Tests.Support;
using Retort.Tests.Training.Support;
using Retort.Training.Runs;

namespace Retort.Tests.EndToEnd;

/// <summary>A comparison whose runs are processes: one that dies takes none along, and none outlives the comparison.</summary>
public sealed partial class CompareProcessTests : CliTests
{
    private const string Grid = """
        data: {kind: synthetic, train_images: 40, test_images: 20}
        student: {model: resnet8}
        train: {epochs: 12, batch: 8, threads: 1, precision: fp32}
        seeds: [0]
        variants:
          one: {distill: [ce: 1]}
          two: {distill: [ce: 2]}
        """;

    private const string Taught = """
        data: {kind: synthetic, train_images: 40, test_images: 20}
        teacher: {model: resnet8, train: {epochs: 8, batch: 8, threads: 1, precision: fp32}}
        student: {model: resnet8}
        train: {epochs: 1, batch: 8, threads: 1, precision: fp32}
        seeds: [0]
        variants:
          kd: {distill: [ce: 1, kd: 1]}
        """;

    [UnixFact]
    public void A_killed_run_is_told_and_the_next_time_it_goes_on()
    {
        using (RetortProcess compare = Start())
        {
            compare.WaitFor("two/seed-0: student epoch 2/12");
            RetortProcess.Signal("KILL", Holder("two"));
            (int code, string error) = compare.End();
            Assert.Equal((1, "retort: 1 of 2 runs failed; the same command trains them again: two/seed-0.\n"), (code, error));
        }

        Assert.Contains("its process was ended by signal 9", File.ReadAllText(In("out", "results.csv")));
        Assert.True(File.Exists(In("out", "runs", "one", "seed-0", "student.safetensors")));
        Assert.Contains("student goes on in epoch ", CommandLine.Run("compare", RecipeFile(Grid), "--out", In("out")).Done().Output);
        CommandLine.Run("train", In("out", "recipes", "two-seed-0.yaml"), "--out", In("whole")).Done();
        TinyRun.AssertSame(In("whole"), In("out", "runs", "two", "seed-0"));
    }

    [UnixTheory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public void Runs_save_and_end_with_the_comparison(string signal)
    {
        using RetortProcess compare = Start("--set", "train.epochs=5000");
        compare.WaitFor("one/seed-0: student epoch 2/");
        compare.WaitFor("two/seed-0: student epoch ");
        compare.Signal(signal);
        (int code, string error) = compare.End();

        Assert.Equal(signal == "KILL" ? 128 + 9 : 128 + 15, code);
        if (signal == "TERM")
            Assert.Equal("Stopped. The same command goes on where it stands.\nretort: interrupted.\n", error);
        foreach (string variant in new[] { "one", "two" })
        {
            string folder = In("out", "runs", variant, "seed-0");
            // A run that was killed itself leaves its holder's file.
            Assert.True(SpinWait.SpinUntil(() => !File.Exists(Path.Combine(folder, ".holder")), TimeSpan.FromSeconds(60)));
            Assert.True(Directory.Exists(Path.Combine(folder, "checkpoints", "last")));
            Assert.False(File.Exists(Path.Combine(folder, "student.safetensors")));
        }
    }

    [UnixFact]
    public void A_shard_takes_over_the_teacher_of_one_that_is_killed_and_goes_on_from_its_checkpoint()
    {
        string recipe = RecipeFile(Taught);
        using var first = new RetortProcess("compare", recipe, "--out", In("out"), "--shard", "1/2");
        first.WaitFor("student epoch 2/8");
        first.Signal("STOP"); // it holds the teacher's folder, and gets no further
        using var second = new RetortProcess("compare", recipe, "--out", In("out"), "--shard", "2/2");
        second.WaitFor("Waiting for teacher-resnet8, which another process trains");
        first.Kill();
        second.WaitFor("teacher-resnet8 is another shard's, but nobody trains it");
        second.WaitFor("student goes on in epoch ");
        Assert.Equal((0, ""), second.End());

        Assert.Equal(Enumerable.Range(1, 8), MetricsLog.Read(In("out", "runs", "teacher-resnet8", "metrics.jsonl")).Select(epoch => epoch.Epoch));
        Assert.True(File.Exists(In("out", "runs", "kd", "seed-0", "student.safetensors")));
    }

    [UnixFact]
    public void Processes_that_fill_one_teachers_cache_at_once_keep_all_of_it()
    {
        string yaml = $$"""
            data: {kind: synthetic, train_images: 40, test_images: 20}
            teacher: {model: resnet8, checkpoint: '{{Weights("resnet8", 10)}}', cache: {} }
            student: {model: resnet8}
            train: {epochs: 2, batch: 8, threads: 1, precision: fp32}
            seeds: [0]
            variants:
              kd: {distill: [ce: 1, kd: 1]}
              at: {distill: [ce: 1, at: 1]}
            """;
        CommandLine.Run("compare", RecipeFile(yaml), "--out", In("out"), "--jobs", "3").Done();
        CommandLine.Run("compare", RecipeFile(yaml + "\n  both: {distill: [ce: 1, kd: 1, at: 1]}"), "--out", In("out")).Done();

        Assert.Contains("100.00 % of the teacher", File.ReadAllText(In("out", "runs", "both", "seed-0", "report.html")));
        Assert.All(
            Directory.GetFiles(In("out", "teacher-cache"), "*", SearchOption.AllDirectories),
            file => Assert.True(Path.GetFileName(file) is "key.txt" or ".lock" || Path.GetExtension(file) == ".cache", file));
    }

    private RetortProcess Start(params string[] more) => new(["compare", RecipeFile(Grid), "--out", In("out"), "--jobs", "2", .. more]);

    private int Holder(string variant) => int.Parse(Process.Match(File.ReadAllText(In("out", "runs", variant, "seed-0", ".holder"))).Groups["id"].Value);

    [GeneratedRegex("process (?<id>[0-9]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Process { get; }
}
