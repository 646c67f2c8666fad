namespace Retort.Training.Comparisons;

/// <summary>Trains the cells of a comparison that are not finished, some at a time. One cell's failure does not stop the others.</summary>
/// <param name="grid">The comparison.</param>
/// <param name="jobs">Cells that are trained at a time, at least 1.</param>
/// <param name="train">Trains a cell, or goes on with it; its failure is the task's.</param>
public sealed class ComparisonRun(ComparisonGrid grid, int jobs, Func<Cell, CancellationToken, Task> train)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, string> _failures = [];

    /// <summary>Which cells are trained here. Default: all.</summary>
    public ComparisonShard Shard { get; init; } = ComparisonShard.Whole;

    /// <summary>Is told, once, of a cell whose teacher another shard has yet to train.</summary>
    public Action<Cell>? Waits { get; init; }

    /// <summary>Is told of a cell that begins or goes on.</summary>
    public Action<Cell>? Started { get; init; }

    /// <summary>Is told of a cell that ended, with the reason if it failed.</summary>
    public Action<Cell, string?>? Ended { get; init; }

    /// <summary>Trains until every cell is finished or has failed.</summary>
    /// <param name="cancel">Lets the running cells save what they have.</param>
    /// <returns>Why cells failed, by the cell's name; empty when all are finished.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled; no cell runs any more.</exception>
    public IReadOnlyDictionary<string, string> Train(CancellationToken cancel = default)
    {
        List<Cell> waiting = [.. Shard.Of(grid).Where(cell => !cell.IsFinished)];
        bool toldToWait = false;
        List<(Task Task, Cell Cell)> running = [];
        while (true)
        {
            while (running.Count < jobs && !cancel.IsCancellationRequested && Next(waiting) is { } cell)
            {
                waiting.Remove(cell);
                Started?.Invoke(cell);
                running.Add((train(cell, cancel), cell));
            }

            if (running.Count == 0)
            {
                if (waiting.Count == 0 || cancel.IsCancellationRequested)
                    break;
                if (!toldToWait)
                    Waits?.Invoke(waiting[0]);
                toldToWait = true;
                cancel.WaitHandle.WaitOne(LookAgain);
                continue;
            }

            int first = Task.WaitAny([.. running.Select(r => r.Task)], CancellationToken.None);
            (Task ended, Cell done) = running[first];
            running.RemoveAt(first);
            End(done, ended, cancel);
        }

        cancel.ThrowIfCancellationRequested();
        return _failures;
    }

    private Cell? Next(List<Cell> waiting)
    {
        foreach (Cell orphan in waiting.Where(cell => cell.Teacher is { } teacher && _failures.ContainsKey(teacher.Name)).ToList())
        {
            waiting.Remove(orphan);
            Fail(orphan, $"its teacher {orphan.Teacher!.Name} failed.");
        }

        return waiting.Find(cell => cell.Teacher?.IsFinished ?? true);
    }

    private void End(Cell cell, Task task, CancellationToken cancel)
    {
        if (task.IsCompletedSuccessfully)
            Ended?.Invoke(cell, null);
        else if (!cancel.IsCancellationRequested)
            Fail(cell, task.Exception?.GetBaseException() is { } fault ? Reason(fault) : "it was stopped.");
    }

    private void Fail(Cell cell, string reason)
    {
        _failures[cell.Name] = reason;
        Ended?.Invoke(cell, reason);
    }

    private static string Reason(Exception fault) =>
        fault is RetortException or IOException or UnauthorizedAccessException ? fault.Message : $"{fault.GetType().Name}: {fault.Message}";
}
