using System.Globalization;
using Retort.Torch.Distributed;

namespace Retort.Training.Comparisons;

/// <summary>A part of a comparison's runs, for one of several machines or tasks that train them: one of every so many.</summary>
/// <param name="Number">Which, 1 to <paramref name="Count"/>.</param>
/// <param name="Count">How many there are, at least 1.</param>
public sealed record ComparisonShard(int Number, int Count)
{
    private const string TaskName = "SLURM_ARRAY_TASK_ID", FirstTaskName = "SLURM_ARRAY_TASK_MIN", StepName = "SLURM_ARRAY_TASK_STEP", TasksName = "SLURM_ARRAY_TASK_COUNT";

    /// <summary>All runs.</summary>
    public static ComparisonShard Whole { get; } = new(1, 1);

    /// <summary>Which of the processes on its machine trains it, where they were started together; 0 to their number - 1.</summary>
    public int LocalRank { get; init; }

    /// <summary>Reads "2/8".</summary>
    /// <returns>Null where it is none.</returns>
    public static ComparisonShard? Parse(string text)
    {
        string[] parts = text.Split('/');
        return parts.Length == 2 && Number(parts[0]) is { } number && Number(parts[1]) is { } count && number >= 1 && number <= count
            ? new ComparisonShard(number, count)
            : null;

        static int? Number(string part) => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
    }

    /// <summary>
    /// The part of a process that was started as one of several, as environment variables say: by torchrun, Kubernetes' PyTorchJob or srun
    /// (<see cref="DistributedEnvironment"/>; no address is needed, as shards meet in the folder alone), as a task of a Slurm array, or as both.
    /// </summary>
    /// <param name="variable">Gives a variable's value, or null.</param>
    /// <returns><see cref="Whole"/> where nothing says so.</returns>
    /// <exception cref="RetortException">A variable has a value that cannot be; it is named, with the remedy.</exception>
    public static ComparisonShard Read(Func<string, string?> variable)
    {
        ComparisonShard rank = DistributedEnvironment.Read(name => variable(name) is { Length: > 0 } value ? value : Unneeded(name)) is { } environment
            ? new(environment.Rank + 1, environment.WorldSize) { LocalRank = environment.LocalRank }
            : Whole;
        ComparisonShard task = variable(TasksName) is { Length: > 0 } ? OfArray(variable) : Whole;
        return rank with { Number = ((task.Number - 1) * rank.Count) + rank.Number, Count = task.Count * rank.Count };
    }

    /// <summary>The runs of this shard, in the grid's order; of a method not always the same shard's, as methods differ in how long they take.</summary>
    public IEnumerable<Cell> Of(ComparisonGrid grid) => grid.Cells.Where((_, place) => (place + (place / Count)) % Count == Number - 1);

    private static string? Unneeded(string name) => name switch
    {
        "MASTER_ADDR" => "localhost",
        "MASTER_PORT" => "1",
        _ => null,
    };

    // Of an array as 1-8 or 0-14:2; of one as 1,3,7 a task cannot tell its place.
    private static ComparisonShard OfArray(Func<string, string?> variable)
    {
        int tasks = Variable(TasksName, least: 1), step = variable(StepName) is { Length: > 0 } ? Variable(StepName, least: 1) : 1;
        int distance = Variable(TaskName, least: 0) - Variable(FirstTaskName, least: 0);
        return distance >= 0 && distance % step == 0 && distance / step < tasks
            ? new(1 + (distance / step), tasks)
            : throw new RetortException(
                $"{TaskName} is {variable(TaskName)}, but the array has {tasks} tasks from {variable(FirstTaskName)} on: let it be a range, as --array=1-{tasks}, or say "
                + $"which shard this is, as --shard 1/{tasks}.") { WrongUse = true };

        int Variable(string name, int least) => int.TryParse(variable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least
            ? number
            : throw new RetortException(
                $"{name} is '{variable(name)}': it must be a whole number, at least {least}. Set it right, or say which shard this is, as --shard 2/8.") { WrongUse = true };
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}/{Count}");
}
