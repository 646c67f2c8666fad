using Retort.Torch.Native;

namespace Retort.Torch.Distributed;

/// <summary>An exchange that is on its way.</summary>
public sealed class GroupWork
{
    private readonly ProcessGroup _group;
    private readonly string _operation;
    private readonly Tensor _tensor;
    private nint _handle;

    internal GroupWork(ProcessGroup group, string operation, nint handle, Tensor tensor) =>
        (_group, _operation, _handle, _tensor) = (group, operation, handle, tensor);

    /// <summary>Waits until it is done; to be called once.</summary>
    /// <exception cref="ProcessGroupException">A rank is gone, or did not come in time.</exception>
    public void Wait()
    {
        nint handle = Interlocked.Exchange(ref _handle, 0);
        ObjectDisposedException.ThrowIf(handle == 0, this);
        _group.Check(_operation, Bridge.retort_work_wait(handle, timeoutMs: 0));
        GC.KeepAlive(_tensor);
    }
}
