using System.Runtime.CompilerServices;
using Retort.Torch;

namespace Retort.Tests.Torch;

public class TensorTrackingTests : IDisposable
{
    private readonly bool _before = TensorTracking.Enabled;

    public TensorTrackingTests() => TensorTracking.Enabled = true;

    public void Dispose()
    {
        TensorTracking.Leaked = null;
        TensorTracking.Enabled = _before;
    }

    [Fact]
    public void Live_tensors_are_listed_by_the_place_where_they_were_made()
    {
        using Tensor one = MakeHere(), other = MakeHere();
        (string origin, int count) = Assert.Single(TensorTracking.Live(), l => l.Origin.Contains(nameof(MakeHere)) && l.Count == 1
            || l.Count == 2 && l.Origin.Contains(nameof(MakeHere)));
        Assert.InRange(count, 1, 2);
        Assert.Contains("TensorTrackingTests", origin);
        other.Dispose();
        one.Dispose();
        Assert.DoesNotContain(TensorTracking.Live(), l => l.Origin.Contains(nameof(MakeHere)));
    }

    [Fact]
    public void A_forgotten_tensor_is_freed_by_the_collector_and_named()
    {
        var leaks = new List<string>();
        TensorTracking.Leaked = leaks.Add;
        long before = Collector.LiveTensors();
        Forget();
        Collector.Run();
        Assert.Contains(leaks, l => l.Contains(nameof(Forget)));
        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Tensor MakeHere() => Aten.Zeros([2]);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget() => Aten.Zeros([2]);
}
