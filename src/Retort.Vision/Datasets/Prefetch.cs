using System.Runtime.ExceptionServices;

namespace Retort.Vision.Datasets;

/// <summary>
/// Makes items on a thread of its own, at most a few ahead of the one consumer. A failure of the thread is thrown by
/// <see cref="TryTake"/> after the items made before it. Items that nobody took are disposed.
/// </summary>
/// <typeparam name="T">What is made; the consumer owns what it takes.</typeparam>
internal sealed class Prefetch<T> : IDisposable
    where T : IDisposable
{
    private readonly object _gate = new(); // Monitor's waiting is needed, which Lock does not have
    private readonly Queue<T> _ready = new();
    private readonly int _depth;
    private readonly CancellationToken _cancel;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenRegistration _registration;
    private readonly Thread _thread;
    private Exception? _failure;
    private bool _stopped;
    private bool _done;

    /// <summary>Starts the thread.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="items">Makes the items; enumerated on the thread. Its token is set when no more are wanted.</param>
    /// <param name="depth">How many may wait, ≥ 1.</param>
    /// <param name="cancel">Ends both sides.</param>
    public Prefetch(string name, Func<CancellationToken, IEnumerable<T>> items, int depth, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        _depth = depth;
        _cancel = cancel;
        _thread = new Thread(() => Produce(items)) { IsBackground = true, Name = name };
        _thread.Start();
        _registration = cancel.Register(Stop);
    }

    /// <summary>Waits for the next item.</summary>
    /// <returns>False after the last one.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public bool TryTake([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T item)
    {
        lock (_gate)
        {
            while (_ready.Count == 0 && !_done && !_stopped) Monitor.Wait(_gate);
            _cancel.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_stopped, this);
            if (_ready.TryDequeue(out item))
            {
                Monitor.PulseAll(_gate);
                return true;
            }
        }

        if (_failure is not null) ExceptionDispatchInfo.Throw(_failure);
        return false;
    }

    /// <summary>Stops the thread, waits for it, and disposes what was not taken.</summary>
    public void Dispose()
    {
        _registration.Dispose();
        Stop();
        _thread.Join();
        _stop.Dispose();
        while (_ready.TryDequeue(out var item)) item.Dispose();
    }

    private void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }

        _stop.Cancel(); // an item that is being made may take long
    }

    private void Produce(Func<CancellationToken, IEnumerable<T>> items)
    {
        try
        {
            foreach (var item in items(_stop.Token))
            {
                if (!Offer(item)) break;
            }
        }
        catch (Exception exception)
        {
            _failure = exception; // thrown to the consumer
        }
        finally
        {
            lock (_gate)
            {
                _done = true;
                Monitor.PulseAll(_gate);
            }
        }
    }

    private bool Offer(T item)
    {
        lock (_gate)
        {
            while (_ready.Count >= _depth && !_stopped) Monitor.Wait(_gate);
            if (!_stopped)
            {
                _ready.Enqueue(item);
                Monitor.PulseAll(_gate);
                return true;
            }
        }

        item.Dispose();
        return false;
    }
}
