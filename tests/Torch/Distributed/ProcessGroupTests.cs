using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Distributed;

namespace Retort.Tests.Torch.Distributed;

public sealed class ProcessGroupTests
{
    [Fact]
    public void Ranks_sum_copy_and_collect_tensors() => Ranks.Complete(3, group =>
    {
        using var scope = new TensorScope();
        Tensor own = Tensor.From<float>([group.Rank, 10]);
        group.AllReduce(own);
        Assert.Equal([3, 30], own.ToArray<float>());

        Tensor mean = Tensor.From<double>([group.Rank, 10]);
        group.Average(mean);
        Assert.Equal([1, 10], mean.ToArray<double>());

        Tensor copied = Tensor.From<long>([group.Rank + 5]);
        group.Broadcast(copied, root: 2);
        Assert.Equal([7], copied.ToArray<long>());

        Tensor[] all = group.AllGather(Tensor.From<double>([group.Rank, -group.Rank], 2, 1));
        Assert.Equal([0, 0, 1, -1, 2, -2], all.SelectMany(tensor => tensor.ToArray<double>()));
        group.Barrier();
    });

    [Fact]
    public void Exchanges_may_be_on_their_way_at_a_time() => Ranks.Complete(2, group =>
    {
        using var scope = new TensorScope();
        Tensor first = Aten.Ones([1000]), second = Aten.Ones([10]) * 2;
        GroupWork one = group.AllReduceAsync(first), two = group.AllReduceAsync(second);
        two.Wait();
        one.Wait();
        Assert.Equal(2000, first.Sum().ToDouble());
        Assert.Equal(40, second.Sum().ToDouble());
        Assert.Throws<ObjectDisposedException>(one.Wait);
    });

    [Fact]
    public void Tensors_that_gloo_cannot_exchange_are_refused_without_harm() => Ranks.Complete(2, group =>
    {
        using var scope = new TensorScope();
        Assert.Contains("bfloat16", Assert.Throws<TorchException>(() => group.AllReduce(Aten.Ones([2]).To(DType.BFloat16))).Message);
        Tensor sum = Aten.Ones([1]);
        group.AllReduce(sum);
        Assert.Equal(2, sum.ToDouble());
    });

    [Fact]
    public void A_rank_that_leaves_is_named_with_its_reason()
    {
        Exception?[] faults = Ranks.Run(2, group =>
        {
            if (group.Rank == 1)
            {
                group.Leave("the disk is full.");
                return;
            }

            using Tensor tensor = Aten.Ones([4]);
            group.AllReduce(tensor);
        });
        var fault = Assert.IsType<ProcessGroupException>(faults[0]);
        Assert.Contains("The all-reduce of 4 elements of rank 0 of 2 failed: rank 1 (process ", fault.Message);
        Assert.Contains(") stopped: the disk is full. Start all ranks again; a run goes on from its last checkpoint with --resume.", fault.Message);
        Assert.Null(faults[1]);
    }

    [Fact]
    public void A_rank_that_is_gone_is_named()
    {
        Exception?[] faults = Ranks.Run(2, group =>
        {
            if (group.Rank == 0)
                group.Barrier();
        });
        Assert.Contains("no longer answers: it was ended, or the network is cut", Assert.IsType<ProcessGroupException>(faults[0]).Message);
    }

    [Fact]
    public void Of_many_ranks_only_the_one_at_fault_is_named_also_by_those_that_learn_of_it_late()
    {
        Exception?[] faults = Ranks.Run(6, group =>
        {
            if (group.Rank == 2) // gone without a word
                return;
            using Tensor tensor = Aten.Ones([4]);
            while (true)
                group.AllReduce(tensor);
        });
        Assert.Null(faults[2]);
        foreach (Exception? fault in faults.Where((_, rank) => rank != 2))
        {
            string message = Assert.IsType<ProcessGroupException>(fault).Message;
            Assert.Equal([2], Enumerable.Range(0, 6).Where(rank => message.Contains($"rank {rank} (process", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void A_rank_that_is_late_is_named()
    {
        using var waited = new ManualResetEvent(initialState: false);
        Exception?[] faults = Ranks.Run(
            2,
            group =>
            {
                if (group.Rank == 1)
                {
                    waited.WaitOne();
                    return;
                }

                try
                {
                    using Tensor tensor = Aten.Ones([4]);
                    group.AllReduce(tensor);
                }
                finally
                {
                    waited.Set();
                }
            },
            TimeSpan.FromSeconds(4));
        Assert.Matches(@"rank 1 \(process \d+ on .+\) is alive, but did not come within the time-out", Assert.IsType<ProcessGroupException>(faults[0]).Message);
    }

    [Fact]
    public void Processes_that_do_not_come_are_told_with_the_place_of_the_meeting()
    {
        var fault = Assert.Throws<ProcessGroupException>(() => Store.Tcp("127.0.0.1", FreePort.Find(), worldSize: 2, isServer: true, TimeSpan.FromSeconds(1)));
        Assert.StartsWith("Not all of the 2 processes met at 127.0.0.1:", fault.Message);
        Assert.Contains("within 1 s", fault.Message);
    }

    [Fact]
    public void A_store_keeps_texts_and_does_not_wait_for_them() => Ranks.Complete(1, _ =>
    {
        using var folder = new TemporaryFolder();
        using var store = Store.File(Path.Combine(folder.Path, "texts"), 1);
        Assert.Null(store.Get("key"));
        store.Set("key", "größer");
        Assert.Equal("größer", store.Get("key"));
    });

    [Fact]
    public async Task A_file_that_another_process_is_writing_in_is_waited_for()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "texts");
        Task opened;
        using (new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None)) // locked
        {
            opened = Task.Run(() =>
            {
                using var store = Store.File(path, 1);
                store.Set("key", "text");
            });
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }

        await opened;
    }

    [Fact]
    public void A_rank_that_nobody_meets_gives_up_in_time()
    {
        using var folder = new TemporaryFolder();
        using var store = Store.File(Path.Combine(folder.Path, "texts"), 2);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Contains("within 1 s", Assert.Throws<ProcessGroupException>(() => new ProcessGroup(store, 0, 2, TimeSpan.FromSeconds(1), "127.0.0.1")).Message);
        Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2)); // libtorch's own time-out is five
    }
}
