using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Datasets;

public sealed class PrefetchTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Items_come_in_order_each_with_all_its_parts(int threads)
    {
        using Prefetch<Item> prefetch = Start(Enumerable.Range(0, 100).Select(i => new Item(i, parts: i % 4)), threads);
        List<int> numbers = [];
        while (prefetch.TryTake(out var item))
        {
            numbers.Add(item.Number);
            Assert.All(item.Filled, times => Assert.Equal(1, times));
        }

        Assert.Equal(Enumerable.Range(0, 100), numbers);
        Assert.False(prefetch.TryTake(out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void No_more_than_the_depth_is_made_ahead_and_what_nobody_took_is_disposed(int threads)
    {
        List<Item> made = [];
        using var four = new ManualResetEventSlim();
        Prefetch<Item> prefetch = Start(Make(), threads);
        Assert.True(four.Wait(Long));
        prefetch.Dispose();
        Assert.Equal(4, made.Count); // three wait, the fourth is in the threads' hands
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
    public void A_failure_to_begin_an_item_is_thrown_to_the_consumer_after_the_items_before_it()
    {
        using Prefetch<Item> prefetch = Start(Make(), threads: 2);
        Assert.True(prefetch.TryTake(out _));
        Assert.Equal("broken", Assert.Throws<InvalidDataException>(() => prefetch.TryTake(out _)).Message);

        static IEnumerable<Item> Make()
        {
            yield return new Item(0);
            throw new InvalidDataException("broken");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Of_the_failures_to_fill_an_item_that_of_its_first_part_is_thrown_in_its_place(int threads)
    {
        List<Item> made = [];
        using (Prefetch<Item> prefetch = Start(Enumerable.Range(0, 9).Select(Made), threads, Fill))
        {
            Assert.True(prefetch.TryTake(out var first));
            Assert.Equal(0, first.Number);
            Assert.Equal("part 2", Assert.Throws<InvalidDataException>(() => prefetch.TryTake(out _)).Message);
            first.Dispose();
        }

        Assert.All(made, item => Assert.True(item.Disposed));

        Item Made(int number)
        {
            var item = new Item(number, parts: 8);
            made.Add(item);
            return item;
        }

        static void Fill(Item item, int part)
        {
            if (item.Number > 0 && part >= 2) throw new InvalidDataException($"part {part}");
        }
    }

    [Fact]
    public void Several_threads_work_on_one_item()
    {
        using var together = new Barrier(3);
        using Prefetch<Item> prefetch = Start([new Item(0, parts: 3)], threads: 3, (_, _) => Assert.True(together.SignalAndWait(Long)));
        Assert.True(prefetch.TryTake(out _));
    }

    [Fact]
    public void Cancelling_wakes_a_waiting_consumer()
    {
        using var cancel = new CancellationTokenSource();
        using var release = new ManualResetEventSlim();
        using Prefetch<Item> prefetch = Start([new Item(0)], threads: 1, (_, _) => release.Wait(Long), cancel.Token);
        cancel.CancelAfter(50);
        Assert.ThrowsAny<OperationCanceledException>(() => prefetch.TryTake(out _));
        release.Set();
    }

    private static Prefetch<Item> Start(
        IEnumerable<Item> items, int threads, Action<Item, int>? fill = null, CancellationToken cancel = default) =>
        new("test", items, item => item.Filled.Length, () => fill ?? ((item, part) => Interlocked.Increment(ref item.Filled[part])), threads, 3, cancel);

    private sealed class Item(int number, int parts = 1) : IDisposable
    {
        public int Number => number;

        public int[] Filled { get; } = new int[parts];

        public bool Disposed { get; private set; }

        public void Dispose() => Disposed = true;
    }
}
