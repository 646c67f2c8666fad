using Retort.Tests.Training.Runs;
using Retort.Tests.Training.Support;
using Retort.Training.Comparisons;
using Retort.Training.Recipes;
using Retort.Training.Runs;

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
                new("teacher-resnet8", "no teacher today."), new("kd/seed-0", "its teacher teacher-resnet8 failed: no teacher today."),
                new("kd/seed-1", "its teacher teacher-resnet8 failed: no teacher today."),
            ],
            run.Train());
        Assert.Equal(["teacher-resnet8", "plain/seed-0", "plain/seed-1"], trained);
    }

    [Fact]
    public void Weights_that_students_cannot_start_from_are_told_before_a_teacher_trains()
    {
        Recipe going = Kd with { Student = Kd.Student with { Checkpoint = In("none.safetensors") } };
        ComparisonGrid grid = ComparisonGrid.Of(new ComparisonRecipe("c", [new("kd", going)], [0]), In("out"), threads: 1);
        var run = new ComparisonRun(grid, jobs: 1, (cell, _) => throw new InvalidOperationException(cell.Name));
        Assert.StartsWith($"{In("none.safetensors")}: ", Assert.ThrowsAny<RetortException>(() => run.Train()).Message, StringComparison.Ordinal);
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
    public void A_shard_waits_for_the_teacher_that_another_one_trains_and_says_so_once()
    {
        ComparisonGrid grid = Grid();
        Cell teacher = Assert.Single(grid.Teachers);
        RunFolder other = RunFolder.Open(teacher.Folder, ExistingRun.Resume);
        List<string> waits = [], trained = [];
        var second = new ComparisonRun(grid, jobs: 1, Noting(trained))
        {
            Shard = new(2, 2),
            Waits = cell =>
            {
                waits.Add(cell.Name);
                other.Dispose();
                Train(cell);
            },
        };

        Assert.Empty(second.Train());
        Assert.Equal([teacher.Name], waits);
        Assert.Equal(["plain/seed-0", "kd/seed-0"], trained);
        Assert.Empty(new ComparisonRun(grid, jobs: 1, Noting(trained)) { Shard = new(1, 2) }.Train());
        Assert.Equal(["plain/seed-0", "kd/seed-0", "plain/seed-1", "kd/seed-1"], trained);
    }

    [Fact]
    public void A_shard_whose_teacher_nobody_trains_trains_it_after_its_own()
    {
        List<string> trained = [];
        Assert.Empty(new ComparisonRun(Grid(), jobs: 1, Noting(trained)) { Shard = new(2, 2) }.Train());
        Assert.Equal(["plain/seed-0", "teacher-resnet8", "kd/seed-0"], trained);
    }

    [Fact]
    public void Students_fail_with_the_reason_of_a_teacher_that_failed_elsewhere_meanwhile()
    {
        ComparisonGrid grid = Grid();
        RunFolder other = RunFolder.Open(grid.Teachers[0].Folder, ExistingRun.Resume);
        List<string> trained = [];
        var second = new ComparisonRun(grid, jobs: 1, Noting(trained))
        {
            Shard = new(2, 2),
            Waits = cell =>
            {
                other.Dispose();
                Assert.True(RunFailure.Note(cell.Folder, "no teacher today."));
            },
        };

        Assert.Equal([new("kd/seed-0", "its teacher teacher-resnet8 failed: no teacher today.")], second.Train());
        Assert.Equal(["plain/seed-0"], trained);
        Assert.Equal(
            ["teacher-resnet8", "kd/seed-0", "kd/seed-1"], ComparisonResult.Read(grid, new Dictionary<string, string>()).Failures.Keys);
    }

    [Fact]
    public void A_failure_of_an_earlier_time_is_tried_again_by_whichever_shard_comes_first()
    {
        ComparisonGrid grid = Grid();
        RunFailure.Note(grid.Teachers[0].Folder, "no teacher today.");
        List<string> trained = [];
        Assert.Empty(new ComparisonRun(grid, jobs: 1, Noting(trained)) { Shard = new(2, 2) }.Train());
        Assert.Contains("teacher-resnet8", trained);
        Assert.Empty(ComparisonResult.Read(grid, new Dictionary<string, string>()).Failures);
    }

    [Fact]
    public void A_free_place_is_used_as_soon_as_another_shard_has_finished_the_teacher()
    {
        ComparisonGrid grid = Grid();
        RunFolder other = RunFolder.Open(grid.Teachers[0].Folder, ExistingRun.Resume);
        var slow = new TaskCompletionSource();
        var second = new ComparisonRun(grid, jobs: 2, (cell, _) =>
        {
            Train(cell);
            if (cell.Teacher is null)
                return slow.Task; // ends only when the other place has been used
            slow.SetResult();
            return Task.CompletedTask;
        })
        {
            Shard = new(2, 2),
            Waits = cell =>
            {
                other.Dispose();
                Train(cell);
            },
        };

        Assert.Empty(second.Train());
        Assert.True(new ComparisonShard(2, 2).Of(grid).All(cell => cell.IsFinished));
    }

    [Fact]
    public void A_cell_that_somebody_else_trains_is_waited_for_and_not_failed()
    {
        ComparisonGrid grid = Grid();
        Cell cell = grid.Rows[0].Cells[0];
        RunFolder other = RunFolder.Open(cell.Folder, ExistingRun.Resume);
        int refused = 0;
        var run = new ComparisonRun(grid, jobs: 1, (next, _) =>
        {
            if (next.Teacher is null || refused++ > 0)
                return Noting([])(next, default);
            // Another process was faster between the look and the beginning.
            return Task.FromException(new RunFolderException(next.Folder, "Another run is writing it.") { IsInUse = true });
        })
        {
            Waits = waited =>
            {
                Assert.Equal(cell.Name, waited.Name);
                other.Dispose();
            },
        };

        Assert.Empty(run.Train());
        Assert.True(grid.Cells.All(trained => trained.IsFinished));
    }

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

    private static Func<Cell, CancellationToken, Task> Noting(List<string> trained) => (cell, _) =>
    {
        trained.Add(cell.Name);
        Train(cell);
        return Task.CompletedTask;
    };

    private static void Train(Cell cell) => TinyRun.Do(cell.Recipe with { Train = cell.Recipe.Train with { Epochs = 1 } }, cell.Folder);

    private ComparisonGrid Grid() => ComparisonGrid.Of(new ComparisonRecipe("c", [new("kd", Kd)], [0, 1]), In("out"), threads: 1);
}
