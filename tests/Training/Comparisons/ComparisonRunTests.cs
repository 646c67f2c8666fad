using Retort.Tests.Training.Runs;
using Retort.Tests.Training.Support;
using Retort.Training.Comparisons;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Comparisons;

public sealed class ComparisonRunTests : InTemporaryFolder
{
    private static readonly Recipe Kd = TinyRun.Distilled with { Distill = [new("ce", 0.1), new("kd", 0.9)] };

    [Fact]
    public void Students_of_a_teacher_that_failed_are_not_trained_but_told()
    {
        List<string> trained = [];
        var run = new ComparisonRun(Grid(), jobs: 1, (cell, _) =>
        {
            trained.Add(cell.Name);
            return cell.Recipe.Name.StartsWith("teacher", StringComparison.Ordinal)
                ? Task.FromException(new RetortException("no teacher today."))
                : Task.CompletedTask;
        });

        Assert.Equal(
            [
                new("teacher-resnet8", "no teacher today."), new("kd/seed-0", "its teacher teacher-resnet8 failed."),
                new("kd/seed-1", "its teacher teacher-resnet8 failed."),
            ],
            run.Train());
        Assert.Equal(["teacher-resnet8", "plain/seed-0", "plain/seed-1"], trained);
    }

    [Fact]
    public void No_more_than_the_jobs_run_at_a_time_and_students_wait_for_their_teacher()
    {
        ComparisonGrid grid = Grid();
        Dictionary<string, TaskCompletionSource> running = [];
        int most = 0;
        var run = new ComparisonRun(grid, jobs: 2, (cell, _) =>
        {
            Assert.True(cell.Teacher?.IsFinished ?? true);
            running.Add(cell.Name, new TaskCompletionSource());
            most = Math.Max(most, running.Count);
            // The first one waits for the second, and so on: only with two at a time is there an end.
            return running.Count < 2 && cell.Teacher is null ? running[cell.Name].Task : Finish(cell);
        });

        Assert.Empty(run.Train());
        Assert.Equal(2, most);
        Assert.Equal(5, grid.Cells.Count(cell => cell.IsFinished));

        Task Finish(Cell cell)
        {
            foreach (Cell other in grid.Cells.Where(other => running.ContainsKey(other.Name)))
            {
                if (!other.IsFinished)
                    TinyRun.Do(other.Recipe with { Train = other.Recipe.Train with { Epochs = 1 } }, other.Folder);
                running[other.Name].TrySetResult();
            }

            running.Clear();
            return cell.IsFinished ? Task.CompletedTask : Task.FromException(new InvalidOperationException(cell.Name));
        }
    }

    [Fact]
    public void Shards_train_every_run_once_and_wait_for_the_teacher_that_one_of_them_trains()
    {
        ComparisonGrid grid = Grid();
        ComparisonShard[] shards = [new(1, 2), new(2, 2)];
        Assert.Equal(grid.Cells.Select(cell => cell.Name).Order(), shards.SelectMany(shard => shard.Of(grid)).Select(cell => cell.Name).Order());
        Assert.All(shards, shard => Assert.InRange(shard.Of(grid).Count(), 2, 3));

        List<string> waits = [];
        var second = new ComparisonRun(grid, jobs: 1, Train)
        {
            Shard = shards[1],
            Waits = cell =>
            {
                waits.Add(cell.Name);
                Assert.Empty(new ComparisonRun(grid, jobs: 1, Train) { Shard = shards[0] }.Train());
            },
        };
        Assert.Empty(second.Train());
        Assert.True(grid.Cells.All(cell => cell.IsFinished));
        Assert.Single(waits);

        static Task Train(Cell cell, CancellationToken cancel)
        {
            TinyRun.Do(cell.Recipe with { Train = cell.Recipe.Train with { Epochs = 1 } }, cell.Folder);
            return Task.CompletedTask;
        }
    }

    [Theory]
    [InlineData("1/1")]
    [InlineData("3/8")]
    public void A_shard_is_read(string text) => Assert.Equal(text, ComparisonShard.Parse(text)!.ToString());

    [Theory]
    [InlineData("0/2")]
    [InlineData("3/2")]
    [InlineData("1")]
    [InlineData("1/x")]
    [InlineData("-1/2")]
    public void What_is_no_shard_is_not_read(string text) => Assert.Null(ComparisonShard.Parse(text));

    [Fact]
    public void With_a_cache_the_teacher_is_asked_once_for_all_methods_of_a_seed()
    {
        Recipe cached = Kd with { Teacher = Kd.Teacher! with { Cache = new() } };
        var grid = ComparisonGrid.Of(
            new ComparisonRecipe("c", [new("kd", cached), new("half", cached with { Distill = [new("ce", 0.5), new("kd", 0.5)] })], [0]), In("out"), threads: 1);
        Assert.Single(grid.Teachers);
        new ComparisonRun(grid, jobs: 1, (cell, _) =>
        {
            TinyRun.Do(cell.Recipe, cell.Folder);
            return Task.CompletedTask;
        }).Train();

        Cell[] cells = [.. grid.Cells.Where(cell => cell.Recipe.Teacher is not null)];
        Assert.Equal(["kd/seed-0", "half/seed-0"], cells.Select(cell => cell.Name));
        string[] shares = ["0.00 %", "100.00 %"];
        Assert.All(cells.Zip(shares), pair => Assert.Contains(
            $"{pair.Second} of the teacher", File.ReadAllText(Path.Combine(pair.First.Folder, "report.html"))));
        Assert.NotEmpty(Directory.GetFiles(In("out", "teacher-cache"), "*.cache", SearchOption.AllDirectories));
    }

    [Fact]
    public void After_a_cancellation_nothing_is_begun()
    {
        using var cancel = new CancellationTokenSource();
        List<string> trained = [];
        var run = new ComparisonRun(Grid(), jobs: 1, (cell, token) =>
        {
            trained.Add(cell.Name);
            cancel.Cancel();
            return Task.FromCanceled(token);
        });

        Assert.ThrowsAny<OperationCanceledException>(() => run.Train(cancel.Token));
        Assert.Single(trained);
    }

    private ComparisonGrid Grid() => ComparisonGrid.Of(new ComparisonRecipe("c", [new("kd", Kd)], [0, 1]), In("out"), threads: 1);
}
