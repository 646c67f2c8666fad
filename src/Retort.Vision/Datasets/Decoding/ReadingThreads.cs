using System.Runtime.ExceptionServices;

namespace Retort.Vision.Datasets.Decoding;

/// <summary>Visits all images of a data set once, on several threads, each with a reader of its own.</summary>
internal static class ReadingThreads
{
    /// <summary>
    /// Visits the images 0 to count − 1 in no order, while the caller's thread only waits and tells how far it is. When it returns or throws, no
    /// visit is under way.
    /// </summary>
    /// <param name="count">How many images.</param>
    /// <param name="threads">How many visit at a time, ≥ 1.</param>
    /// <param name="visit">What to do with one; the reader is no other thread's meanwhile.</param>
    /// <param name="progress">Is told the images done and the images in all, at most ten times a second, and at the end.</param>
    /// <param name="cancel">Stops after the visits that are under way.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void ForEach(int count, int threads, Action<int, ImageFileReader> visit, Action<int, int>? progress, CancellationToken cancel)
    {
        var done = 0;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancel };
        var work = Task.Factory.StartNew(
            () => Parallel.For(0, count, parallel, () => new ImageFileReader(), Visit, _ => { }),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (!((IAsyncResult)work).AsyncWaitHandle.WaitOne(100)) progress?.Invoke(Volatile.Read(ref done), count);
        try
        {
            work.GetAwaiter().GetResult(); // rethrows the cancellation
        }
        catch (AggregateException failures)
        {
            ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }

        progress?.Invoke(count, count);

        ImageFileReader Visit(int index, ParallelLoopState state, ImageFileReader reader)
        {
            visit(index, reader);
            Interlocked.Increment(ref done);
            return reader;
        }
    }
}
