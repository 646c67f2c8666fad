using Retort.Torch.Native;

namespace Retort.Torch.Distributed;

/// <summary>
/// Processes that exchange tensors, by gloo on the CPU. Every one of them makes the same calls in the same order; a call waits until all
/// have made it. After a failure the group is of no more use. Tensors lie on the CPU, without gaps; bfloat16 is refused.
/// </summary>
/// <example><code>
/// using var store = Store.Tcp("10.0.0.1", 29500, worldSize: 2, isServer: rank == 0, TimeSpan.FromMinutes(5));
/// using var group = new ProcessGroup(store, rank, 2, TimeSpan.FromMinutes(5));
/// group.AllReduce(gradients);   // the sum over both, in both
/// </code></example>
public sealed unsafe class ProcessGroup : IDisposable
{
    private readonly RankMonitor _monitor;
    private nint _handle;

    /// <summary>Joins the group; waits until all have.</summary>
    /// <param name="store">Where they meet. All make their groups of a store in the same order. Stays the caller's, and open for as long as the group.</param>
    /// <param name="rank">This process, 0 to <paramref name="worldSize"/> - 1.</param>
    /// <param name="worldSize">Number of processes.</param>
    /// <param name="timeout">How long a call waits for the others.</param>
    /// <param name="address">Name or address of this machine at which the others reach it; null: as its own name resolves.</param>
    /// <exception cref="ProcessGroupException">The others did not come in time.</exception>
    public ProcessGroup(Store store, int rank, int worldSize, TimeSpan timeout, string? address = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(worldSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, worldSize);
        (Rank, WorldSize, Timeout) = (rank, worldSize, timeout);
        nint handle = 0;
        try
        {
            Bridge.Check(Bridge.retort_group_new("gloo", store.Handle, rank, worldSize, address ?? "", Store.Milliseconds(timeout), &handle));
            _monitor = new RankMonitor(store, rank, worldSize);
        }
        catch (TorchException e)
        {
            if (handle != 0)
                Bridge.retort_group_free(handle);
            throw new ProcessGroupException(
                "joining", $"Rank {rank} of {worldSize} did not reach the others within {Store.Figure(timeout)} ({Store.FirstLine(e)}): look whether all of them "
                + "run, and whether their machines reach each other.", e);
        }

        _handle = handle;
    }

    /// <summary>This process.</summary>
    public int Rank { get; }

    /// <summary>Number of processes.</summary>
    public int WorldSize { get; }

    /// <summary>How long a call waits for the others.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>Replaces the tensor by the sum over all ranks, in the same bits on each of them.</summary>
    /// <exception cref="ProcessGroupException">A rank is gone, or did not come in time.</exception>
    public void AllReduce(Tensor tensor) => AllReduceAsync(tensor).Wait();

    /// <summary>Begins the same; the tensor is to be left alone until the work is waited for.</summary>
    public GroupWork AllReduceAsync(Tensor tensor)
    {
        string operation = Begin("all-reduce", tensor);
        nint work;
        Check(operation, Bridge.retort_group_all_reduce(_handle, tensor.Handle, &work));
        return new GroupWork(this, operation, work, tensor);
    }

    /// <summary>Replaces the tensor by a rank's.</summary>
    /// <param name="tensor">Of the same shape and type on all ranks.</param>
    /// <param name="root">Whose it becomes.</param>
    /// <exception cref="ProcessGroupException">A rank is gone, or did not come in time.</exception>
    public void Broadcast(Tensor tensor, int root = 0)
    {
        string operation = Begin("broadcast", tensor);
        nint work;
        Check(operation, Bridge.retort_group_broadcast(_handle, tensor.Handle, root, &work));
        new GroupWork(this, operation, work, tensor).Wait();
    }

    /// <summary>Every rank's tensor, by rank; owned by the current scope or the caller.</summary>
    /// <param name="tensor">Of the same shape and type on all ranks; not changed.</param>
    /// <exception cref="ProcessGroupException">A rank is gone, or did not come in time.</exception>
    public Tensor[] AllGather(Tensor tensor)
    {
        string operation = Begin("all-gather", tensor);
        Tensor[] results = [.. Enumerable.Range(0, WorldSize).Select(_ => Aten.Empty(tensor.Shape, tensor.DType))];
        nint work;
        fixed (nint* handles = Tensor.Handles(results))
            Check(operation, Bridge.retort_group_all_gather(_handle, tensor.Handle, handles, WorldSize, &work));
        new GroupWork(this, operation, work, tensor).Wait();
        GC.KeepAlive(results);
        return results;
    }

    /// <summary>Waits until all ranks are here.</summary>
    /// <exception cref="ProcessGroupException">A rank is gone, or did not come in time.</exception>
    public void Barrier()
    {
        ObjectDisposedException.ThrowIf(_handle == 0, this);
        _monitor.CountOperation();
        Check("barrier", Bridge.retort_group_barrier(_handle));
    }

    /// <summary>Tells the others, on the way out, why this rank stops: their errors then say so.</summary>
    /// <param name="reason">A sentence.</param>
    public void Leave(string reason) => _monitor.Leave(reason);

    /// <summary>Leaves the group. After a failure the rank that serves the store waits a few seconds, so that the others can still learn the reason.</summary>
    public void Dispose()
    {
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle == 0)
            return;
        Bridge.retort_group_free(handle); // the others' exchanges fail from here on
        _monitor.Dispose();
    }

    internal void Check(string operation, int status)
    {
        if (status == 0)
            return;
        TorchException cause = TorchException.FromBridge();
        if (cause.Kind is not TorchErrorKind.Other) // wrong tensors are this rank's own fault
            throw cause;
        throw new ProcessGroupException(
            operation, $"The {operation} of rank {Rank} of {WorldSize} failed: {_monitor.Explain(Store.FirstLine(cause))}. Start all ranks again; a run goes on from its "
            + "last checkpoint with --resume.", cause);
    }

    private string Begin(string operation, Tensor tensor)
    {
        ObjectDisposedException.ThrowIf(_handle == 0, this);
        if (tensor.Device.Type != DeviceType.Cpu)
            throw new TorchException($"gloo's {operation} needs a tensor on the CPU, not {tensor.Describe()}: use To(Device.Cpu) first.", TorchErrorKind.Value);
        if (tensor.DType == DType.BFloat16)
            throw new TorchException($"gloo's {operation} does not know bfloat16: use To(DType.Float32) first.", TorchErrorKind.Type);
        _monitor.CountOperation();
        return $"{operation} of {tensor.Count} elements";
    }
}
