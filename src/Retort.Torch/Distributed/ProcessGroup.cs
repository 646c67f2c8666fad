using Retort.Torch.Native;

namespace Retort.Torch.Distributed;

/// <summary>
/// Processes that exchange tensors: those on the CPU by gloo, which refuses bfloat16, and those on GPUs by NCCL, where the group was made for it. Every
/// process makes the same calls in the same order; a call waits until all have made it. After a failure the group is of no more use. Tensors
/// lie without gaps.
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
    private nint _nccl; // 0: none

    /// <summary>Joins the group; waits until all have.</summary>
    /// <param name="store">Where they meet. All make their groups of a store in the same order. Stays the caller's, and open for as long as the group.</param>
    /// <param name="rank">This process, 0 to <paramref name="worldSize"/> - 1.</param>
    /// <param name="worldSize">Number of processes.</param>
    /// <param name="timeout">How long a call waits for the others.</param>
    /// <param name="address">Name or address of this machine at which the others reach it; null: as its own name resolves.</param>
    /// <param name="usesNccl">Whether tensors on GPUs are exchanged too, each rank's on a GPU of its own; the same on all ranks.</param>
    /// <exception cref="ProcessGroupException">The others did not come in time.</exception>
    /// <exception cref="TorchException">NCCL is asked for, but the bridge was built without it.</exception>
    public ProcessGroup(Store store, int rank, int worldSize, TimeSpan timeout, string? address = null, bool usesNccl = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(worldSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, worldSize);
        (Rank, WorldSize, Timeout) = (rank, worldSize, timeout);
        nint handle = 0, nccl = 0;
        try
        {
            Bridge.Check(Bridge.retort_group_new("gloo", store.Handle, rank, worldSize, address ?? "", Store.Milliseconds(timeout), &handle));
            if (usesNccl)
                Bridge.Check(Bridge.retort_group_new("nccl", store.Handle, rank, worldSize, "", Store.Milliseconds(timeout), &nccl));
            _monitor = new RankMonitor(store, rank, worldSize);
        }
        catch (TorchException e)
        {
            foreach (nint made in (ReadOnlySpan<nint>)[nccl, handle])
            {
                if (made != 0)
                    Bridge.retort_group_free(made);
            }

            if (e.Kind == TorchErrorKind.NotImplemented)
                throw;
            throw new ProcessGroupException(
                "joining", $"Rank {rank} of {worldSize} did not reach the others within {Store.Figure(timeout)} ({Store.FirstLine(e)}): look whether all of them "
                + "run, and whether their machines reach each other.", e);
        }

        (_handle, _nccl) = (handle, nccl);
    }

    /// <summary>Whether this build can exchange tensors on GPUs: the bridge was compiled with NCCL.</summary>
    public static bool HasNccl => (Bridge.retort_distributed_available() & 2) != 0;

    /// <summary>This process.</summary>
    public int Rank { get; }

    /// <summary>Number of processes.</summary>
    public int WorldSize { get; }

    /// <summary>How long a call waits for the others.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>Where a tensor has to lie for an exchange: where it is, or on the CPU.</summary>
    public Device Place(Device device) => _nccl != 0 && device.Type == DeviceType.Cuda ? device : Device.Cpu;

    /// <summary>Replaces the tensor by the sum over all ranks, in the same bits on each of them.</summary>
    /// <exception cref="ProcessGroupException">A rank is gone, or did not come in time.</exception>
    public void AllReduce(Tensor tensor) => AllReduceAsync(tensor).Wait();

    /// <summary>Replaces the tensor by the mean over all ranks, in the same bits on each of them.</summary>
    /// <param name="tensor">Of real numbers.</param>
    /// <exception cref="ProcessGroupException">A rank is gone, or did not come in time.</exception>
    public void Average(Tensor tensor)
    {
        AllReduce(tensor);
        tensor.Div_(WorldSize);
    }

    /// <summary>Begins <see cref="AllReduce"/>; the tensor is to be left alone until the work is waited for.</summary>
    public GroupWork AllReduceAsync(Tensor tensor)
    {
        (string operation, nint handle) = Begin("all-reduce", tensor);
        nint work;
        Check(operation, Bridge.retort_group_all_reduce(handle, tensor.Handle, &work));
        return new GroupWork(this, operation, work, tensor);
    }

    /// <summary>Replaces the tensor by a rank's.</summary>
    /// <param name="tensor">Of the same shape and type on all ranks.</param>
    /// <param name="root">Whose it becomes.</param>
    /// <exception cref="ProcessGroupException">A rank is gone, or did not come in time.</exception>
    public void Broadcast(Tensor tensor, int root = 0)
    {
        (string operation, nint handle) = Begin("broadcast", tensor);
        nint work;
        Check(operation, Bridge.retort_group_broadcast(handle, tensor.Handle, root, &work));
        new GroupWork(this, operation, work, tensor).Wait();
    }

    /// <summary>Every rank's tensor, by rank; owned by the current scope or the caller.</summary>
    /// <param name="tensor">Of the same shape and type on all ranks; not changed.</param>
    /// <exception cref="ProcessGroupException">A rank is gone, or did not come in time.</exception>
    public Tensor[] AllGather(Tensor tensor)
    {
        (string operation, nint handle) = Begin("all-gather", tensor);
        Tensor[] results = [.. Enumerable.Range(0, WorldSize).Select(_ => Aten.Empty(tensor.Shape, tensor.DType, device: tensor.Device))];
        nint work;
        fixed (nint* handles = Tensor.Handles(results))
            Check(operation, Bridge.retort_group_all_gather(handle, tensor.Handle, handles, WorldSize, &work));
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
        if (Interlocked.Exchange(ref _nccl, 0) is var nccl and not 0)
            Bridge.retort_group_free(nccl);
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

    private (string Operation, nint Handle) Begin(string operation, Tensor tensor)
    {
        ObjectDisposedException.ThrowIf(_handle == 0, this);
        bool isGloos = tensor.Device.Type == DeviceType.Cpu;
        if (!isGloos && _nccl == 0)
            throw new TorchException($"gloo's {operation} needs a tensor on the CPU, not {tensor.Describe()}: use To(Device.Cpu) first.", TorchErrorKind.Value);
        if (isGloos && tensor.DType == DType.BFloat16)
            throw new TorchException($"gloo's {operation} does not know bfloat16: use To(DType.Float32) first.", TorchErrorKind.Type);
        _monitor.CountOperation();
        return ($"{operation} of {tensor.Count} elements", isGloos ? _handle : _nccl);
    }
}
