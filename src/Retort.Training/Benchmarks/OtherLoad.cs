using System.Diagnostics;
using System.Globalization;

namespace Retort.Training.Benchmarks;

/// <summary>How many cores other processes use while something is measured. Linux only.</summary>
internal sealed class OtherLoad : IDisposable
{
    private const string Statistics = "/proc/stat";
    private const double TicksPerSecond = 100; // USER_HZ, the same on every Linux

    private readonly Process _own = Process.GetCurrentProcess();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly TimeSpan? _busy = Busy();
    private readonly TimeSpan _ownBusy;

    public OtherLoad() => _ownBusy = _own.TotalProcessorTime;

    /// <summary>Cores that others used on average since this was made; null where the system does not tell.</summary>
    public double? Share()
    {
        _own.Refresh();
        return Busy() is { } now && _busy is { } before
            ? Math.Max(0, ((now - before) - (_own.TotalProcessorTime - _ownBusy)).TotalSeconds / _clock.Elapsed.TotalSeconds)
            : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _own.Dispose();

    // The first line: cpu, then ticks as user, nice, system, idle, waiting, interrupts, soft interrupts, stolen, ...
    private static TimeSpan? Busy()
    {
        if (!File.Exists(Statistics))
            return null;
        string[] fields = File.ReadLines(Statistics).First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        double Ticks(int field) => double.Parse(fields[field], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds((Ticks(1) + Ticks(2) + Ticks(3) + Ticks(6) + Ticks(7)) / TicksPerSecond);
    }
}
