using System.Runtime.ExceptionServices;

namespace Retort.Vision.Datasets;

/// <summary>
/// Makes items on threads of its own, at most a few ahead of the one consumer. An item is made in parts, which the threads share; several
/// items may be in the making, and they come in order. A failure is thrown by <see cref="TryTake"/> in the place of its item, of several in
/// an item the one of the first part. Items that nobody took are disposed.
/// </summary>
/// <typeparam name="T">What is made; the consumer owns what it takes.</typeparam>
internal sealed class Prefetch<T> : IDisposable
    where T : IDisposable
{
    private readonly object _gate = new(); // Monitor's waiting is needed, which Lock does not have
    private readonly Queue<Piece> _open = new(); // in order, whole or in the making
    private readonly IEnumerator<T> _items;
    private readonly Func<T, int> _parts;
    private readonly int _depth;
    private readonly CancellationToken _cancel;
    private readonly CancellationTokenRegistration _registration;
    private readonly Thread[] _threads;
    private Piece? _last;
    private bool _ended;
    private bool _stopped;

    /// <summary>Starts the threads.</summary>
    /// <param name="name">The threads' name.</param>
    /// <param name="items">Gives the items, still to be filled; enumerated by one thread at a time.</param>
    /// <param name="parts">How many parts an item has.</param>
    /// <param name="worker">Called once on each thread; gives what fills a part of an item, by its number from 0.</param>
    /// <param name="threads">How many, ≥ 1.</param>
    /// <param name="depth">How many items may wait, ≥ 1, beside the one in the making.</param>
    /// <param name="cancel">Ends both sides.</param>
    public Prefetch(
        string name, IEnumerable<T> items, Func<T, int> parts, Func<Action<T, int>> worker, int threads, int depth, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        _items = items.GetEnumerator();
        _parts = parts;
        _depth = depth;
        _cancel = cancel;
        _threads = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(() => Work(worker())) { IsBackground = true, Name = name };
            _threads[i].Start();
        }

        _registration = cancel.Register(Stop);
    }

    /// <summary>Waits for the next item.</summary>
    /// <returns>False after the last one.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public bool TryTake([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T item)
    {
        lock (_gate)
        {
            Piece? next;
            while (!_stopped && (_open.TryPeek(out next) ? next.Left > 0 : !_ended)) Monitor.Wait(_gate);
            _cancel.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_stopped, this);
            item = default;
            if (!_open.TryPeek(out next)) return false;
            if (next.Failure is not null) ExceptionDispatchInfo.Throw(next.Failure);
            _open.Dequeue();
            Monitor.PulseAll(_gate);
            item = next.Item!;
            return true;
        }
    }

    /// <summary>Stops the threads, waits for them, and disposes what was not taken.</summary>
    public void Dispose()
    {
        _registration.Dispose();
        Stop();
        foreach (var thread in _threads) thread.Join();
        while (_open.TryDequeue(out var piece)) piece.Item?.Dispose();
        _items.Dispose();
    }

    private void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Work(Action<T, int> fill)
    {
        while (TryBegin(out var piece, out var part))
        {
            Exception? failure = null;
            try
            {
                fill(piece.Item!, part);
            }
            catch (Exception exception)
            {
                failure = exception; // thrown to the consumer
            }

            lock (_gate)
            {
                piece.End(part, failure);
                _ended |= failure is not null;
                if (piece.Left == 0) Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Waits for a part to be made. Returns false when there is no more.</summary>
    private bool TryBegin([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Piece? piece, out int part)
    {
        lock (_gate)
        {
            while (!_stopped)
            {
                piece = _last;
                if (piece is not null && piece.TryBegin(out part)) return true;
                if (_ended) break;
                if (_open.Count > _depth) Monitor.Wait(_gate);
                else Open();
            }
        }

        (piece, part) = (null, 0);
        return false;
    }

    private void Open()
    {
        try
        {
            _ended = !_items.MoveNext();
            if (!_ended) _open.Enqueue(_last = new Piece(_items.Current, _parts(_items.Current)));
        }
        catch (Exception exception)
        {
            _ended = true;
            var failed = new Piece(default, 1);
            failed.End(0, exception);
            _open.Enqueue(failed);
        }

        Monitor.PulseAll(_gate);
    }

    /// <summary>An item, and how far it is.</summary>
    private sealed class Piece(T? item, int parts)
    {
        private readonly int _parts = parts;
        private int _next;
        private int _failedPart = int.MaxValue;

        public T? Item => item;

        public int Left { get; private set; } = parts;

        public Exception? Failure { get; private set; }

        public bool TryBegin(out int part)
        {
            part = _next;
            if (_next == _parts) return false;
            _next++;
            return true;
        }

        public void End(int part, Exception? failure)
        {
            Left--;
            if (failure is null || part > _failedPart) return;
            (_failedPart, Failure) = (part, failure);
        }
    }
}
