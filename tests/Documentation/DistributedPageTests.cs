using Retort.Tests.Cli.Support;
using Retort.Tests.Support;
using Retort.Training.Runs;

namespace Retort.Tests.Documentation;

/// <summary>What docs/distributed.md shows of shards, pasted into a shell, with a recipe of seconds in the place of the one that it names.</summary>
public sealed class DistributedPageTests : CliTests
{
    [UnixFact]
    public void The_two_shards_of_the_page_train_the_teacher_once_and_all_runs()
    {
        string page = File.ReadAllText(RepositoryFiles.Repository("docs", "distributed.md"));
        string[] example = [.. page.Split("```")
            .Single(block => block.Contains("RANK=0 retort compare", StringComparison.Ordinal))
            .Split('\n').Skip(1)];
        Directory.CreateDirectory(In("recipes", "comparisons"));
        File.WriteAllText(In("recipes", "comparisons", "demo.yaml"), """
            data: {kind: synthetic, train_images: 40, test_images: 20}
            teacher: {model: resnet8, train: {epochs: 3, batch: 8, precision: fp32}}
            student: {model: resnet8}
            train: {epochs: 1, batch: 8, precision: fp32}
            seeds: [0, 1]
            variants:
              kd: {distill: [ce: 1, kd: 1]}
            """);

        (int code, string output, string error) = ShellProcess.Bash(string.Join('\n', example), Folder);

        Assert.True((code, error) == (0, ""), $"code {code}\n{output}\n{error}");
        Assert.Contains("This is shard 1/2, which trains 3 of them.", output);
        Assert.Contains("This is shard 2/2, which trains 2 of them.", output);
        Assert.Equal([1, 2, 3], MetricsLog.Read(In("runs", "shards", "runs", "teacher-resnet8", "metrics.jsonl")).Select(epoch => epoch.Epoch));
        Assert.Single(output.Split('\n'), line => line.Contains(" epoch 3/3", StringComparison.Ordinal));
        string[] csv = File.ReadAllLines(In("runs", "shards", "results.csv"));
        Assert.Equal(6, csv.Length);
        Assert.All(csv.Skip(1), line => Assert.Equal("done", line.Split(',')[4]));
    }
}
