using System.Runtime.CompilerServices;
using Retort.Torch;

namespace Retort.Tests.Torch;

public class HandleStressTests
{
    [Fact]
    public void Handles_in_argument_lists_live_as_long_as_the_call_whatever_the_collector_does()
    {
        long before = TorchRuntime.LiveTensors;
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
                Collector.Run();
        });
        collector.Start();
        try
        {
            for (int i = 0; i < 3000; i++)
                Assert.Equal(8 * (1 + 2 + 3), JoinUnheld());
        }
        finally
        {
            stop.Cancel();
            collector.Join();
        }

        Collector.Run();
        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [Fact]
    public void Many_threads_make_and_free_tensors_and_graphs()
    {
        long before = TorchRuntime.LiveTensors;
        var errors = new List<Exception>();
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(seed => new Thread(() =>
        {
            Exception? error = Record.Exception(() => Work(seed));
            if (error is not null)
            {
                lock (errors)
                    errors.Add(error);
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        Assert.Empty(errors);
        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [Fact]
    public void A_tensor_made_on_one_thread_may_be_freed_on_another()
    {
        TensorAssert.LeavesNothing(() =>
        {
            Tensor[] made = new Tensor[100];
            var thread = new Thread(() =>
            {
                for (int i = 0; i < made.Length; i++)
                    made[i] = Aten.Ones([1000]);
            });
            thread.Start();
            thread.Join();
            foreach (Tensor tensor in made)
                tensor.Dispose();
        });
    }

    /// <summary>Tensors that nothing holds but the list that is handed over: a list the compiler may forget as soon as it is read.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float JoinUnheld()
    {
        using Tensor joined = Aten.Cat([Aten.Full([8], 1.0), Aten.Full([8], 2.0), Aten.Full([8], 3.0)]);
        using Tensor sum = joined.Sum();
        return sum.Item<float>();
    }

    private static void Work(int seed)
    {
        for (int i = 0; i < 300; i++)
        {
            using var scope = new TensorScope();
            Tensor x = Aten.Full([16, 16], seed + 1.0);
            x.RequiresGrad = true;
            (x * x).Sum().Backward();
            Assert.Equal(2f * (seed + 1), x.Grad![3, 3].Item<float>());
            Assert.Throws<TorchException>(() => x.View([7]));
        }
    }
}
