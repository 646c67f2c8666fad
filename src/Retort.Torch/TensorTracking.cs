using System.Collections.Concurrent;
using System.Diagnostics;

namespace Retort.Torch;

/// <summary>
/// Leak debugging: while it is on, every tensor remembers where it was made. Slow; on from the start when the environment has
/// <c>RETORT_TRACK_TENSORS=1</c>.
/// </summary>
public static class TensorTracking
{
    private static readonly ConcurrentDictionary<long, string> Origins = new();
    private static long _next;

    /// <summary>Whether tensors that are made from now on remember their origin.</summary>
    public static bool Enabled { get; set; } = Environment.GetEnvironmentVariable("RETORT_TRACK_TENSORS") == "1";

    /// <summary>Is told of a tensor that the garbage collector had to free, with the place where it was made. Called on the finaliser's thread.</summary>
    public static Action<string>? Leaked { get; set; }

    /// <summary>Where the tracked tensors that are alive now were made, with their number, most first.</summary>
    public static IReadOnlyList<(string Origin, int Count)> Live() =>
        [.. Origins.Values.GroupBy(o => o).Select(g => (g.Key, g.Count())).OrderByDescending(g => g.Item2)];

    internal static long Track()
    {
        long id = Interlocked.Increment(ref _next);
        Origins[id] = new StackTrace(3, fNeedFileInfo: true).ToString();
        return id;
    }

    internal static void Forget(long id, bool leaked)
    {
        if (Origins.TryRemove(id, out string? origin) && leaked)
            Leaked?.Invoke(origin);
    }
}
