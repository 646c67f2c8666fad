using Retort.Tests.Support;
using Retort.Torch.Distributed;

namespace Retort.Tests.Torch.Distributed;

/// <summary>The ranks of a process group, each on a thread of this process.</summary>
internal static class Ranks
{
    /// <summary>Long enough for any machine, short enough for a test that hangs.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <summary>Runs all ranks to their end.</summary>
    /// <param name="count">How many.</param>
    /// <param name="rank">What each does.</param>
    /// <param name="timeout">How long they wait for each other.</param>
    /// <returns>What each rank threw; null: nothing.</returns>
    public static Exception?[] Run(int count, Action<ProcessGroup> rank, TimeSpan? timeout = null)
    {
        using var folder = new TemporaryFolder();
        var faults = new Exception?[count];
        Thread[] threads = [.. Enumerable.Range(0, count).Select(number => new Thread(() => faults[number] = Record.Exception(() =>
        {
            using var store = Store.File(Path.Combine(folder.Path, "store"), count);
            using var group = new ProcessGroup(store, number, count, timeout ?? Timeout, "127.0.0.1");
            rank(group);
        })))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        return faults;
    }

    /// <summary>The same, where nothing may go wrong.</summary>
    public static void Complete(int count, Action<ProcessGroup> rank) => Assert.All(Run(count, rank), fault => Assert.True(fault is null, $"{fault}"));
}
