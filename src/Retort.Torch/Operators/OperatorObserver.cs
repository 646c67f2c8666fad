using Retort.Torch.Native;

namespace Retort.Torch;

/// <summary>
/// Sees every operator that typed methods call on this thread while it is entered: the seam at which costs are counted and graphs are
/// traced. What backward runs inside libtorch is not seen.
/// </summary>
internal abstract unsafe class OperatorObserver : IDisposable
{
    [ThreadStatic] private static OperatorObserver? _current;

    private readonly OperatorObserver? _outer;

    protected OperatorObserver()
    {
        _outer = _current;
        _current = this;
    }

    /// <summary>The observer of this thread, if there is one.</summary>
    public static OperatorObserver? Current => _current;

    /// <summary>An operator has returned; handles are valid during the call only.</summary>
    public abstract void Called(Operator op, ReadOnlySpan<BridgeValue> arguments, ReadOnlySpan<BridgeValue> results);

    /// <summary>The memory of a tensor is given out: what is written there from now on is not seen.</summary>
    public virtual void Reached(nint tensor)
    {
    }

    /// <summary>Stops observing.</summary>
    public void Dispose() => _current = _outer;
}
