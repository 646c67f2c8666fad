using Retort.Training.Checkpoints;
using Retort.Training.Runs;

namespace Retort.Training.Comparisons;

/// <summary>
/// Trains the cells of a comparison that are not finished, some at a time. One cell's failure does not stop the others. Several processes
/// may be at work on a comparison, of different shards or of the same: who holds a cell's folder trains it, and the operating system gives the
/// folder back however that process ends. The shard says only which cells a process trains by itself.
/// </summary>
/// <param name="grid">The comparison.</param>
/// <param name="jobs">Cells that are trained at a time, at least 1.</param>
/// <param name="train">Trains a cell, or goes on with it; its failure is the task's.</param>
public sealed class ComparisonRun(ComparisonGrid grid, int jobs, Func<Cell, CancellationToken, Task> train)
{
    // A look costs a few reads of a shared disk.
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, string> _failures = [];
    private readonly Dictionary<string, RunFailure?> _earlier = [];
    private readonly HashSet<string> _told = [];
    private readonly List<Cell> _waiting = [];
    private readonly List<(Task Task, Cell Cell)> _running = [];

    /// <summary>Which cells are trained here, beside teachers that they need and nobody trains. Default: all.</summary>
    public ComparisonShard Shard { get; init; } = ComparisonShard.Whole;

    /// <summary>Is told, once, of a cell that another process trains and that is waited for.</summary>
    public Action<Cell>? Waits { get; init; }

    /// <summary>Is told of a cell that begins or goes on.</summary>
    public Action<Cell>? Started { get; init; }

    /// <summary>Is told of a cell that ended, with the reason if it failed.</summary>
    public Action<Cell, string?>? Ended { get; init; }

    /// <summary>Trains until every cell is finished or has failed.</summary>
    /// <param name="cancel">Lets the running cells save what they have.</param>
    /// <returns>Why cells failed, by the cell's name; empty when all are finished.</returns>
    /// <exception cref="RetortException">Weights that students are to start from cannot be read; nothing was trained.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; no cell runs any more.</exception>
    public IReadOnlyDictionary<string, string> Train(CancellationToken cancel = default)
    {
        _waiting.AddRange(Shard.Of(grid).Where(cell => !cell.IsFinished));
        // A teacher may train for hours before a student reads what it starts from.
        foreach (string start in _waiting.Select(cell => cell.Recipe.Student.Checkpoint).OfType<string>().Distinct())
            CheckpointLoader.Read(start).Dispose();
        foreach (Cell cell in _waiting.Concat(grid.Teachers))
            _earlier[cell.Name] = RunFailure.Read(cell.Folder);
        TimeSpan pause = FirstPause;
        while (true)
        {
            while (_running.Count < jobs && !cancel.IsCancellationRequested && Next() is { } cell)
            {
                _waiting.Remove(cell);
                Started?.Invoke(cell);
                _running.Add((train(cell, cancel), cell));
                pause = FirstPause;
            }

            if (_running.Count == 0 && (_waiting.Count == 0 || cancel.IsCancellationRequested))
                break;
            bool hasFreePlace = _running.Count < jobs && _waiting.Count > 0 && !cancel.IsCancellationRequested;
            if (HasEnded(hasFreePlace ? pause : Timeout.InfiniteTimeSpan, cancel))
                pause = FirstPause;
            else
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }

        cancel.ThrowIfCancellationRequested();
        return _failures;
    }

    // Waits for a cell that runs here; false: the time is over.
    private bool HasEnded(TimeSpan atMost, CancellationToken cancel)
    {
        if (_running.Count == 0)
        {
            cancel.WaitHandle.WaitOne(atMost);
            return false;
        }

        int first = Task.WaitAny([.. _running.Select(r => r.Task)], (int)atMost.TotalMilliseconds, CancellationToken.None);
        if (first < 0)
            return false;
        (Task ended, Cell done) = _running[first];
        _running.RemoveAt(first);
        End(done, ended, cancel);
        return true;
    }

    // The first cell that is ready, else a teacher that cells of this shard wait for and that nobody trains. What others have finished, or failed at, ends here.
    private Cell? Next()
    {
        Cell? elsewhere = null;
        Cell[] untrained = [.. grid.Teachers.Where(teacher => !teacher.IsFinished)];
        foreach (Cell cell in _waiting.Where(cell => cell.Teacher is null || !untrained.Contains(cell.Teacher)).ToList())
        {
            switch (Look(cell))
            {
                case (CellState.Ready, _):
                    return cell;
                case (CellState.Held, _):
                    elsewhere ??= cell;
                    break;
                case var (_, failure):
                    End(cell, failure);
                    break;
            }
        }

        foreach (Cell teacher in untrained.Where(teacher => !_running.Exists(running => running.Cell.Name == teacher.Name)))
        {
            Cell[] students = [.. _waiting.Where(cell => cell.Teacher?.Name == teacher.Name)];
            if (students.Length == 0)
                continue;
            switch (Look(teacher))
            {
                case (CellState.Ready, _):
                    return teacher;
                case (CellState.Held, _):
                    elsewhere ??= teacher;
                    break;
                case (CellState.Failed, { } reason):
                    foreach (Cell student in students)
                        End(student, student.WithTeacher(reason));
                    break;
            }
        }

        if (elsewhere is not null && _told.Add(elsewhere.Name))
            Waits?.Invoke(elsewhere);
        return null;
    }

    private (CellState State, string? Failure) Look(Cell cell)
    {
        bool isHeld = cell.IsHeld; // first: who gives it back has finished it before, or never
        return cell.IsFinished ? (CellState.Finished, null)
            : isHeld ? (CellState.Held, null)
            : Failure(cell) is { } reason ? (CellState.Failed, reason)
            : (CellState.Ready, null);
    }

    // A failure that was there before is what the same command is to try again, whoever of the shards comes to it first.
    private string? Failure(Cell cell) =>
        _failures.GetValueOrDefault(cell.Name) ?? (RunFailure.Read(cell.Folder) is { } noted && noted != _earlier[cell.Name] ? noted.Reason : null);

    private void End(Cell cell, Task task, CancellationToken cancel)
    {
        if (task.IsCompletedSuccessfully)
        {
            End(cell, failure: null);
            return;
        }

        if (cancel.IsCancellationRequested)
            return;
        Exception? fault = task.Exception?.GetBaseException();
        string reason = fault is null ? "it was stopped." : Reason(fault);
        // Another process was first: its result counts.
        bool isElsewhere = fault is RunFolderException { IsInUse: true } || cell.IsFinished || Failure(cell) is not null || !RunFailure.Note(cell.Folder, reason);
        if (isElsewhere)
            _waiting.Insert(0, cell);
        else
            End(cell, reason);
    }

    private void End(Cell cell, string? failure)
    {
        _waiting.Remove(cell);
        if (failure is not null)
            _failures[cell.Name] = failure;
        Ended?.Invoke(cell, failure);
    }

    private static string Reason(Exception fault) =>
        fault is RetortException or IOException or UnauthorizedAccessException ? fault.Message : $"{fault.GetType().Name}: {fault.Message}";

    private enum CellState
    {
        Ready, Held, Finished, Failed,
    }
}
