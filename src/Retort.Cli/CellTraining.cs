using Retort.Cli.Progress;
using Retort.Torch;
using Retort.Training.Comparisons;
using Retort.Training.Parts;
using Retort.Training.Runs;

namespace Retort.Cli;

/// <summary>Trains the cells of a comparison: in this process, or several at a time in processes of their own.</summary>
internal sealed class CellTraining(Terminal terminal, ComparisonGrid grid, ComparisonFolder folder, Device device, int jobs, int threads, Plugins plugins, ComparisonShard shard)
{
    private readonly Lock _output = new();
    private readonly HashSet<string> _cells = [.. shard.Of(grid).Select(cell => cell.Name)];
    private bool _told; // how long it will take, once that is known

    /// <summary>Trains until every cell is finished or has failed.</summary>
    /// <returns>Why cells failed, by their names.</returns>
    /// <exception cref="OperationCanceledException">It was interrupted; what there is was saved.</exception>
    public IReadOnlyDictionary<string, string> Run(CancellationToken interrupt) =>
        new ComparisonRun(grid, jobs, jobs == 1 ? Here : Apart) { Shard = shard, Started = Started, Ended = Ended, Waits = Waits }.Train(interrupt);

    private void Started(Cell cell)
    {
        if (!_cells.Contains(cell.Name))
            Write($"{cell.Name} is another shard's, but nobody trains it, and what is left here waits for it");
        Write($"{cell.Name}: {shard.Of(grid).Count(other => other.IsFinished)} of {_cells.Count} runs are done{GridTable.Left(grid, shard.Of(grid), jobs)}");
    }

    private void Waits(Cell cell) => Write($"Waiting for {cell.Name}, which another process trains");

    private void Ended(Cell cell, string? failure) => Write(failure is null ? $"{cell.Name}: done" : $"{cell.Name}: failed: {failure}");

    private Task Here(Cell cell, CancellationToken interrupt)
    {
        try
        {
            using RunFolder opened = RunFolder.Open(cell.Folder, ExistingRun.Resume, terminal.Time);
            ProgressDisplay.Show(terminal, observer =>
            {
                using var run = new Run(cell.Recipe, opened, new RestProgress(observer, grid), device, terminal.Time, plugins.Methods, plugins.Models);
                return run.Train(interrupt);
            });
            return Task.CompletedTask;
        }
        catch (Exception fault)
        {
            return Task.FromException(fault);
        }
    }

    private Task Apart(Cell cell, CancellationToken interrupt) =>
        ChildProcess.Run(
            ["train", folder.RecipeFile(cell), "--resume", "--out", cell.Folder, "--device", device.ToString(), .. plugins.Files.SelectMany(file => (string[])["--plugin", file])], threads,
            line => Pass(cell, line), interrupt);

    // Of what a run prints, its epochs; the rest is in its report.
    private void Pass(Cell cell, string line)
    {
        if (line.Contains(" epoch ", StringComparison.Ordinal) && line.Contains("loss ", StringComparison.Ordinal))
            Write($"{cell.Name}: {line}");
        if (!Volatile.Read(ref _told) && GridTable.Left(grid, shard.Of(grid), jobs) is { Length: > 0 } left && !Interlocked.Exchange(ref _told, true))
            Write($"{shard.Of(grid).Count(other => other.IsFinished)} of {_cells.Count} runs are done{left}");
    }

    private void Write(string line)
    {
        lock (_output)
        {
            terminal.Output.WriteLine(line);
            terminal.Output.Flush();
        }
    }
}
