using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Datasets;

public sealed class PrefetchTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Fact]
    public void Items_come_in_order()
    {
        using var prefetch = new Prefetch<Item>("test", _ => Enumerable.Range(0, 100).Select(i => new Item(i)), 3, CancellationToken.None);
        List<int> numbers = [];
        while (prefetch.TryTake(out var item)) numbers.Add(item.Number);
        Assert.Equal(Enumerable.Range(0, 100), numbers);
    }

    [Fact]
    public void No_more_than_the_depth_is_made_ahead_and_what_nobody_took_is_disposed()
    {
        List<Item> made = [];
        using var four = new ManualResetEventSlim();
        var prefetch = new Prefetch<Item>("test", _ => Make(), 3, CancellationToken.None);
        Assert.True(four.Wait(Long));
        prefetch.Dispose();
        Assert.Equal(4, made.Count); // three wait, the fourth is in the thread's hand
        Assert.All(made, item => Assert.True(item.Disposed));

        IEnumerable<Item> Make()
        {
            for (var i = 0; ; i++)
            {
                var item = new Item(i);
                made.Add(item);
                if (made.Count == 4) four.Set();
                yield return item;
            }
        }
    }

    [Fact]
    public void A_failure_of_the_thread_is_thrown_to_the_consumer_after_the_items_before_it()
    {
        using var prefetch = new Prefetch<Item>("test", _ => Make(), 3, CancellationToken.None);
        Assert.True(prefetch.TryTake(out _));
        Assert.Equal("broken", Assert.Throws<InvalidDataException>(() => prefetch.TryTake(out _)).Message);

        static IEnumerable<Item> Make()
        {
            yield return new Item(0);
            throw new InvalidDataException("broken");
        }
    }

    [Fact]
    public void Cancelling_wakes_a_waiting_consumer()
    {
        using var cancel = new CancellationTokenSource();
        using var release = new ManualResetEventSlim();
        using var prefetch = new Prefetch<Item>("test", _ => Make(), 3, cancel.Token);
        cancel.CancelAfter(50);
        Assert.ThrowsAny<OperationCanceledException>(() => prefetch.TryTake(out _));
        release.Set();

        IEnumerable<Item> Make()
        {
            release.Wait(Long);
            yield return new Item(0);
        }
    }

    private sealed class Item(int number) : IDisposable
    {
        public int Number => number;

        public bool Disposed { get; private set; }

        public void Dispose() => Disposed = true;
    }
}
