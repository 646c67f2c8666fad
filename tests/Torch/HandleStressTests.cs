using System.Runtime.CompilerServices;
using Retort.Torch;
using Retort.Torch.Native;

namespace Retort.Tests.Torch;

public class HandleStressTests
{
    private const int Joined = 300;

    [Fact]
    public void Handles_in_argument_lists_live_as_long_as_the_call_whatever_the_collector_does()
    {
        long before = Collector.LiveTensors();
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
                Collector.Run();
        });
        collector.Start();
        try
        {
            for (int i = 0; i < 600; i++)
                Assert.Equal(Joined, JoinUnheld());
        }
        finally
        {
            stop.Cancel();
            collector.Join();
        }

        Collector.Run();
        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    /// <summary>The same without luck, where code is optimised (a Release build with DOTNET_TieredCompilation=0).</summary>
    [Fact]
    public void Arguments_are_still_held_when_the_operator_returns()
    {
        Collector.Run();
        using var observer = new CollectingObserver();
        Assert.Equal(Joined, JoinUnheld());
        Assert.Equal(2, observer.Seen);
        Assert.Equal(0, observer.Lost);
    }

    [Fact]
    public void Many_threads_make_and_free_tensors_and_graphs()
    {
        long before = Collector.LiveTensors();
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

    /// <summary>
    /// Tensors that nothing holds but the list that is handed over, which optimised code may forget as soon as it is read; many, so that
    /// the collector has time to come between the reading and the call.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float JoinUnheld()
    {
        using Tensor joined = Aten.Cat([.. Enumerable.Range(0, Joined).Select(_ => Aten.Ones([1]))]);
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

    /// <summary>Forces the collector after "cat" and "sum" have run, while their callers have not gone on.</summary>
    private sealed class CollectingObserver : OperatorObserver
    {
        public int Seen { get; private set; }

        public long Lost { get; private set; }

        public override void Called(Operator op, ReadOnlySpan<BridgeValue> arguments, ReadOnlySpan<BridgeValue> results)
        {
            if (op.Name is not ("aten::cat" or "aten::sum"))
                return;
            Seen++;
            long before = TorchRuntime.LiveTensors;
            Collector.Run();
            Lost += op.Name == "aten::cat" ? before - TorchRuntime.LiveTensors : 0;
        }
    }
}
