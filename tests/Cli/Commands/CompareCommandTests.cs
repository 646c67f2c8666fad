using System.Xml;
using System.Xml.Linq;
using Retort.Tests.Cli.Support;
using Retort.Tests.Torch;
using Retort.Tests.Training.Support;
using Retort.Torch.Serialization;
using Retort.Training.Runs;

namespace Retort.Tests.Cli.Commands;

public sealed class CompareCommandTests : CliTests
{
    // A teacher that is trained, and methods that weigh nothing: what they train is the student alone under other names.
    private const string Grid = """
        data: {kind: synthetic, train_images: 40, test_images: 20}
        teacher: {model: resnet8}
        student: {model: resnet8}
        train: {epochs: 2, batch: 8, threads: 1, precision: fp32}
        seeds: [3, 5]
        variants:
          kd: {distill: [ce: 1, kd: 0]}
          at: {distill: [ce: 1, at: 100]}
        """;

    [Fact]
    public void A_grid_is_trained_once_measured_over_its_seeds_and_written_down()
    {
        CommandLine first = Compare(Grid).Done();

        Assert.Contains("7 runs, 0 done, 7 to do.", first.Output);
        Assert.Matches("The whole comparison has about .* to go\\.", first.Output);
        string[] csv = File.ReadAllLines(In("out", "results.csv"));
        Assert.Equal("variant,teacher,student,seed,state,top1_last,top1_best,best_chosen_on,seconds_per_epoch,images_per_second,threads,reason", csv[0]);
        Assert.Equal(
            ["teacher  132826338", "student alone  3", "student alone  5", "kd resnet8 3", "kd resnet8 5", "at resnet8 3", "at resnet8 5"],
            csv.Skip(1).Select(line => line.Split(',')).Select(fields => $"{fields[0]} {fields[1]} {fields[3]}"));
        Assert.All(csv.Skip(1), line => Assert.Equal(("done", "test", "1", ""), (line.Split(',')[4], line.Split(',')[7], line.Split(',')[10], line.Split(',')[11])));
        double[] kd = [.. csv.Where(line => line.StartsWith("kd,", StringComparison.Ordinal)).Select(line => double.Parse(line.Split(',')[5]))];
        Assert.Equal(kd, new[] { 3, 5 }.Select(seed => MetricsLog.Read(Cell("kd", seed, "metrics.jsonl"))[^1].TestAccuracy!.Value));

        // Per seed, every variant begins with the same weights and sees the same batches as the student alone.
        foreach (int seed in new[] { 3, 5 })
            AssertSameWeights(Cell("plain", seed, "student.safetensors"), Cell("kd", seed, "student.safetensors"));
        Assert.Contains("| kd | 2 | ", File.ReadAllText(In("out", "results.md")));
        Assert.Contains(" | 0.00 [0.00, 0.00] |", File.ReadAllText(In("out", "results.md"))); // kd to the student alone
        Assert.Contains("vs kd [95 %]", File.ReadAllText(In("out", "results.md")));

        DateTime trained = File.GetLastWriteTimeUtc(Cell("at", 5, "student.safetensors"));
        CommandLine second = Compare(Grid).Done();
        Assert.Contains("7 runs, 7 done, 0 to do.", second.Output);
        Assert.Equal(csv, File.ReadAllLines(In("out", "results.csv")));
        Assert.Equal(trained, File.GetLastWriteTimeUtc(Cell("at", 5, "student.safetensors")));
        AssertPage(File.ReadAllText(In("out", "report.html")));
    }

    [Fact]
    public void A_stopped_comparison_goes_on_in_the_middle_of_a_run_and_reaches_the_same()
    {
        string yaml = Grid.Replace("seeds: [3, 5]", "seeds: [3]", StringComparison.Ordinal);
        using var interrupt = new CancellationTokenSource();
        using var output = new WatchedWriter("student epoch 1/2", CancelSecond(interrupt)) { NewLine = "\n" };
        CommandLine stopped = CommandLine.Run(output, interrupt.Token, "compare", RecipeFile(yaml), "--out", In("out"));
        Assert.Equal((130, "Stopped. The same command goes on where it stands.\nretort: interrupted.\n"), (stopped.Code, stopped.Error));
        Assert.Contains("plain/seed-3", stopped.Output);

        CommandLine listed = Compare(yaml, "--dry-run").Done();
        Assert.Contains("1 of 2 epochs", listed.Output);
        Assert.Contains("4 runs, 1 done, 3 to do, about ", listed.Output);
        Assert.Contains("student goes on in epoch 2, after step 0.", Compare(yaml).Done().Output);

        CommandLine.Run("compare", RecipeFile(yaml), "--out", In("whole")).Done();
        foreach (string cell in new[] { "teacher-resnet8", "plain/seed-3", "kd/seed-3", "at/seed-3" })
            TinyRun.AssertSame(In("whole", "runs", cell), In("out", "runs", cell));
    }

    [Fact]
    public void A_run_that_fails_is_told_with_its_reason_and_the_others_go_on()
    {
        string yaml = Grid.Replace("seeds: [3, 5]", "seeds: [3]", StringComparison.Ordinal)
            .Replace("at: {distill: [ce: 1, at: 100]}", "at: {distill: [ce: 1, at: 1], train: {epochs: 20, optimizer: {name: sgd, lr: 1.0e+6}}}", StringComparison.Ordinal);
        CommandLine line = Compare(yaml);

        Assert.True(line.Code == 1, line.Output + line.Error);
        Assert.Matches("retort: [1-2] of 5 runs failed; the same command trains them again: .*at/seed-3", line.Error);
        Assert.Matches("at/seed-3: failed: The (weights|loss term \".*\") of the stage ", line.Output);
        string[] csv = File.ReadAllLines(In("out", "results.csv"));
        Assert.Contains(csv, row => row.StartsWith("at,", StringComparison.Ordinal) && row.Contains(",failed,", StringComparison.Ordinal) && row.Contains(" became ", StringComparison.Ordinal));
        Assert.Contains(csv, row => row.StartsWith("kd,resnet8,resnet8,3,done,", StringComparison.Ordinal));
    }

    [Fact]
    public void A_shard_whose_teacher_fails_ends_with_the_reason_and_the_table_has_the_failures_of_all()
    {
        string yaml = Grid.Replace(
            "teacher: {model: resnet8}", "teacher: {model: resnet8, train: {epochs: 20, optimizer: {name: sgd, lr: 1.0e+6}}}", StringComparison.Ordinal);
        CommandLine line = Compare(yaml, "--shard", "2/2");

        Assert.True(line.Code == 1, line.Output + line.Error);
        Assert.Contains("7 runs, 0 done, 7 to do.\nThis is shard 2/2, which trains 4 of them.\n", line.Output);
        Assert.Contains("teacher-resnet8 is another shard's, but nobody trains it", line.Output);
        Assert.Matches("retort: 4 of 5 runs failed; the same command trains them again: teacher-resnet8, ", line.Error);
        Assert.Matches("\n(kd|at)/seed-[35]: failed: its teacher teacher-resnet8 failed: The (weights|loss term \".*\") of the stage ", line.Output);
        string[] students = [.. File.ReadAllLines(In("out", "results.csv")).Where(row => row.StartsWith("kd,", StringComparison.Ordinal) || row.StartsWith("at,", StringComparison.Ordinal))];
        Assert.Equal(4, students.Length);
        Assert.All(students, row => Assert.Matches(",failed,.*its teacher teacher-resnet8 failed: ", row));
    }

    [Fact]
    public void A_dry_run_writes_nothing_and_a_changed_recipe_is_refused()
    {
        string one = Grid.Replace("seeds: [3, 5]", "seeds: [3]", StringComparison.Ordinal).Replace("at: {distill: [ce: 1, at: 100]}", "", StringComparison.Ordinal);
        CommandLine listed = Compare(one, "--dry-run").Done();
        Assert.Contains("teacher-resnet8", listed.Output);
        Assert.False(Directory.Exists(In("out")));

        Compare(one, "--set", "train.epochs=1").Done();
        CommandLine changed = Compare(one);
        Assert.Equal(2, changed.Code);
        Assert.Equal(
            $"retort: The run in '{In("out", "runs", "teacher-resnet8")}' was begun with train.epochs 1, but now train.epochs is 2: "
            + "compare into another folder (--out), or delete this one to train it anew.\n", changed.Error);
    }

    [Fact]
    public void Methods_are_compared_on_one_recipe_by_the_files_beside_it()
    {
        string recipe = RecipeFile($"{Tiny}\nteacher: {{model: resnet8}}".Replace("epochs: 2", "epochs: 1", StringComparison.Ordinal));
        foreach (string method in (string[])["kd", "at"])
            File.WriteAllText(In($"{method}.yaml"), $"extends: tiny.yaml\ntrain: {{epochs: 99}}\ndistill: [ce: 1, {method}: 1]");

        string output = CommandLine.Run("compare", recipe, "--methods", "kd, at", "--methods", "student", "--seeds", "2", "--out", In("out")).Done().Output;

        Assert.Contains("7 runs, 0 done, 7 to do.", output); // the teacher, and three for each seed
        string markdown = File.ReadAllText(In("out", "results.md"));
        Assert.Matches(@"\n\| kd \| 2 \| .*\n\| at \| 2 \| .*\n\| student \| 2 \| ", markdown);
        Assert.Contains("The teacher resnet8 of kd, at recognises ", markdown);
        Assert.Equal([1, 1], MetricsLog.Read(Cell("kd", 1, "metrics.jsonl")).Concat(MetricsLog.Read(Cell("at", 1, "metrics.jsonl"))).Select(epoch => epoch.Epoch));

        string usual = CommandLine.Run("compare", recipe, "--methods", "kd,nst", "--out", In("usual"), "--dry-run").Done().Output;
        Assert.Contains("No recipe beside this one says the weights of nst (ce 1, nst 50): these are their usual ones, ", usual.ReplaceLineEndings(" "));
        Assert.DoesNotContain("says the weights of", output);

        CommandLine.Run("compare", recipe, "--methods", "kd", "--cores", "0").Refused(2, "--cores must be at least 1.", " See 'retort compare --help'.");
        CommandLine.Run("compare", recipe, "--methods", "kdd").Refused(2, "There is no method 'kdd', nor a recipe ", "`retort list methods` shows all methods.");
        CommandLine.Run("compare", recipe, In("kd.yaml"), "--methods", "kd").Refused(2, "--methods takes one recipe, ", " See 'retort compare --help'.");
        CommandLine.Run("compare", recipe, "--methods", "kd,").Refused(2, "--methods must be names with commas between them, as kd,at,dist.", " See 'retort compare --help'.");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1,1")]
    [InlineData("two")]
    [InlineData("1.5")]
    public void Seeds_that_are_none_are_refused(string seeds) =>
        Compare(Grid, "--seeds", seeds).Refused(2, "--seeds must be how many, as 3, or a list of different seeds, as 3,5,8.", " See 'retort compare --help'.");

    [Theory]
    [InlineData("2", "7 runs, 0 done")]
    [InlineData("4,5,6", "10 runs, 0 done")]
    [InlineData("[7]", "4 runs, 0 done")]
    public void Seeds_are_a_number_or_a_list(string seeds, string runs) =>
        Assert.Contains(runs, Compare(Grid, "--seeds", seeds, "--dry-run").Done().Output);

    private CommandLine Compare(string yaml, params string[] more) => CommandLine.Run(["compare", RecipeFile(yaml), "--out", In("out"), .. more]);

    private string Cell(string variant, int seed, string file) => In("out", "runs", variant, $"seed-{seed}", file);

    // The teacher is the first to report an epoch; the next one is the student alone.
    private static Action CancelSecond(CancellationTokenSource interrupt)
    {
        int seen = 0;
        return () =>
        {
            if (++seen == 2)
                interrupt.Cancel();
        };
    }

    private static void AssertSameWeights(string expected, string actual)
    {
        using SavedState one = Safetensors.Read(expected), other = Safetensors.Read(actual);
        Assert.NotEmpty(one.Tensors);
        foreach (var (name, tensor) in one.Tensors)
            TensorAssert.Same(tensor, other.Tensors[name], name);
    }

    private static void AssertPage(string html)
    {
        Assert.DoesNotContain("<script", html);
        using XmlReader reader = XmlReader.Create(new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        XElement page = XDocument.Load(reader).Root!;
        Assert.Equal(["Comparison", "Accuracy by epoch", "Runs", "Environment"], page.Descendants("h2").Select(h => h.Value));
        Assert.Equal(["student alone", "kd", "at"], page.Descendants("h3").Select(h => h.Value));
    }
}
