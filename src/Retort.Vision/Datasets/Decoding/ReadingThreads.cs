using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Retort.Vision.Datasets.Decoding;

/// <summary>Visits images on several threads. Readers are kept, so that their buffers are made once however often it is used.</summary>
/// <param name="threads">How many visit at a time, the caller's among them; ≥ 1.</param>
internal sealed class ReadingThreads(int threads)
{
    private readonly ConcurrentBag<ImageFileReader> _idle = [];

    /// <summary>Visits the images 0 to count − 1 in no order. When it returns or throws, no visit is under way.</summary>
    /// <param name="count">How many images.</param>
    /// <param name="visit">What to do with one; a reader is no other thread's meanwhile.</param>
    /// <param name="cancel">Stops after the visits that are under way.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void ForEach(int count, Action<int, ImageFileReader> visit, CancellationToken cancel)
    {
        if (threads == 1 || count == 1)
        {
            var reader = Take();
            for (var i = 0; i < count; i++)
            {
                cancel.ThrowIfCancellationRequested();
                visit(i, reader);
            }

            _idle.Add(reader);
            return;
        }

        try
        {
            Parallel.For(
                0, count, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancel }, Take,
                (i, _, reader) =>
                {
                    visit(i, reader);
                    return reader;
                },
                _idle.Add);
        }
        catch (AggregateException failures)
        {
            ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }
    }

    /// <summary>The same, while the caller's thread only waits and tells how far it is: at most ten times a second, and at the end.</summary>
    /// <inheritdoc cref="ForEach(int, Action{int, ImageFileReader}, CancellationToken)"/>
    public void ForEach(int count, Action<int, ImageFileReader> visit, Action<int, int>? progress, CancellationToken cancel)
    {
        var done = 0;
        var work = Task.Factory.StartNew(
            () => ForEach(count, Count, cancel), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (!((IAsyncResult)work).AsyncWaitHandle.WaitOne(100)) progress?.Invoke(Volatile.Read(ref done), count);
        work.GetAwaiter().GetResult(); // rethrows the cancellation, or what a thread threw
        progress?.Invoke(count, count);

        void Count(int index, ImageFileReader reader)
        {
            visit(index, reader);
            Interlocked.Increment(ref done);
        }
    }

    private ImageFileReader Take() => _idle.TryTake(out var reader) ? reader : new ImageFileReader();
}
