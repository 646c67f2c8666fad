using System.Diagnostics;
using System.Globalization;

namespace Retort.Torch.Distributed;

/// <summary>
/// Finds out which rank is at fault when an exchange fails: gloo knows addresses only. Each rank shows the others, in the store, that it is
/// alive and how many exchanges it has begun, and why it left where it could say so.
/// </summary>
internal sealed class RankMonitor : IDisposable
{
    private const string Gone = "rank 0, who serves the store, no longer answers: it was ended, or the network is cut", Verdict = "retort/verdict";

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(0.5), Patience = TimeSpan.FromSeconds(4), Look = TimeSpan.FromMilliseconds(100);

    private readonly Store _store;
    private readonly int _rank;
    private readonly int _worldSize;
    private readonly Timer _timer;
    private long _operations;
    private long _beats;
    private bool _storeIsSilent;
    private bool _isShowing;
    private int[] _told = []; // ranks that are to learn of a failure

    public RankMonitor(Store store, int rank, int worldSize)
    {
        (_store, _rank, _worldSize) = (store, rank, worldSize);
        _store.Set(Key("who", rank), $"process {Environment.ProcessId} on {Environment.MachineName}");
        Show();
        _timer = new Timer(_ => TryShow(), null, Beat, Beat);
    }

    /// <summary>Notes that an exchange begins.</summary>
    public void CountOperation() => Interlocked.Increment(ref _operations);

    /// <summary>Leaves a reason for the others.</summary>
    public void Leave(string reason)
    {
        _told = Others();
        try
        {
            _store.Set(Key("left", _rank), reason);
        }
        catch (TorchException)
        {
            // The one who serves the store is gone himself.
        }
    }

    /// <summary>Which ranks are the cause of a failure, and what is known of them; takes seconds.</summary>
    /// <param name="said">What gloo said.</param>
    public string Explain(string said)
    {
        _told = Others();
        // The store's own calls wait without an end for one who serves it but neither answers nor hangs up.
        var search = Task.Run(() => Find(said));
        if (search.Wait(3 * Patience))
            return search.Result;
        _told = [];
        _storeIsSilent = true;
        return Gone;
    }

    private string Find(string said)
    {
        try
        {
            Show();
            // Who fails because others have left on account of a failure would blame those; the first to fail knows better.
            string? verdict = _store.Get(Verdict);
            if (verdict is null && Search() is { Count: > 0 } found)
                _store.Set(Verdict, verdict = string.Join("; ", found));
            _store.Set(Key("told", _rank), "");
            return verdict ?? $"all ranks are alive, but the connection failed ({said})";
        }
        catch (TorchException)
        {
            return Gone;
        }
    }

    /// <summary>Stops. After a failure the rank that serves the store first waits until the living ones have read the reason.</summary>
    public void Dispose()
    {
        if (_rank == 0 && _told.Length > 0)
            WaitForOthers();
        if (_storeIsSilent)
        {
            _timer.Dispose();
            _store.Abandon(); // calls are in it that do not return
            return;
        }

        using var stopped = new ManualResetEvent(initialState: false);
        if (_timer.Dispose(stopped))
            stopped.WaitOne(); // the store may be closed next
    }

    private void WaitForOthers()
    {
        try
        {
            long[] first = [.. _told.Select(rank => Read(rank).Beats)];
            for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; Pause())
            {
                bool alone = clock.Elapsed > 3 * Beat && Enumerable.Range(0, _told.Length).All(i => Read(_told[i]).Beats == first[i]);
                if (alone || _told.All(rank => _store.Get(Key("told", rank)) is not null || _store.Get(Key("left", rank)) is not null))
                    return;
            }
        }
        catch (TorchException)
        {
            // A store that somebody else serves, and that is gone.
        }
    }

    private List<string> Search()
    {
        int[] others = Others();
        (long Beats, long Operations)[] first = [.. others.Select(Read)];
        HashSet<int> silent = [.. others];
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (Left(others) is { Count: > 0 } left)
                return left;
            silent.RemoveWhere(rank => Read(rank).Beats > first[Array.IndexOf(others, rank)].Beats);
            if (silent.Count == 0 || clock.Elapsed > Patience)
                break;
            Pause();
        }

        _told = [.. others.Except(silent)];
        if (silent.Count > 0)
            return [.. silent.Order().Select(rank => $"{Name(rank)} no longer answers: it was ended, or the network is cut")];
        long own = Interlocked.Read(ref _operations);
        return [.. others.Where(rank => Read(rank).Operations < own).Select(rank => $"{Name(rank)} is alive, but did not come within the time-out")];
    }

    private int[] Others() => [.. Enumerable.Range(0, _worldSize).Where(rank => rank != _rank)];

    private static void Pause()
    {
        using var never = new ManualResetEventSlim();
        never.Wait(Look);
    }

    private List<string> Left(int[] others) =>
        [.. others.Select(rank => _store.Get(Key("left", rank)) is { } reason ? $"{Name(rank)} stopped: {reason.TrimEnd('.')}" : "").Where(text => text.Length > 0)];

    private string Name(int rank) => _store.Get(Key("who", rank)) is { } who ? $"rank {rank} ({who})" : $"rank {rank}";

    private (long Beats, long Operations) Read(int rank)
    {
        string[] parts = (_store.Get(Key("beat", rank)) ?? "0 0").Split(' ');
        return (long.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    private void TryShow()
    {
        // A store that does not answer holds the call before: the timer's threads must not gather in it.
        if (Interlocked.Exchange(ref _isShowing, true))
            return;
        try
        {
            Show();
        }
        catch (Exception e) when (e is TorchException or ObjectDisposedException)
        {
            // Who serves the store is gone; the next exchange fails and says so.
        }
        finally
        {
            Volatile.Write(ref _isShowing, false);
        }
    }

    private void Show() => _store.Set(
        Key("beat", _rank),
        string.Create(CultureInfo.InvariantCulture, $"{Interlocked.Increment(ref _beats)} {Interlocked.Read(ref _operations)}"));

    private static string Key(string what, int rank) => string.Create(CultureInfo.InvariantCulture, $"retort/{what}/{rank}");
}
