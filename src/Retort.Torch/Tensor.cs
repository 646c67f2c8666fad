using Retort.Torch.Native;

namespace Retort.Torch;

/// <summary>
/// A tensor of libtorch. It is owned: freed by <see cref="Dispose"/>, or by the innermost <see cref="TensorScope"/> that was open when it
/// was made. Methods that return a tensor return a new one owned in the same way; methods whose name ends in an underscore change this
/// tensor in place and return it.
/// </summary>
/// <remarks>The finaliser is a net for forgotten tensors, never the plan: libtorch's memory does not press the garbage collector.</remarks>
public sealed unsafe partial class Tensor : IDisposable
{
    private readonly long _tracking;
    private nint _handle;

    /// <summary>Takes over a handle that the bridge gave out; 0 is the undefined tensor.</summary>
    internal Tensor(nint handle)
    {
        _handle = handle;
        if (handle == 0)
        {
            GC.SuppressFinalize(this);
            return;
        }

        Scope = TensorScope.Current;
        Scope?.Add(this);
        if (TensorTracking.Enabled)
            _tracking = TensorTracking.Track();
    }

#pragma warning disable MA0055 // see the remarks: a net, and in debug mode the leak detector
    /// <summary>Frees a tensor that nobody disposed.</summary>
    ~Tensor() => Free(leaked: true);
#pragma warning restore MA0055

    /// <summary>Lengths of the dimensions.</summary>
    public long[] Shape
    {
        get
        {
            TensorInfo info = Info();
            long[] shape = new ReadOnlySpan<long>(info.Sizes, (int)info.Dim).ToArray();
            GC.KeepAlive(this);
            return shape;
        }
    }

    /// <summary>Distance in elements between neighbours along each dimension.</summary>
    public long[] Strides
    {
        get
        {
            TensorInfo info = Info();
            long[] strides = new ReadOnlySpan<long>(info.Strides, (int)info.Dim).ToArray();
            GC.KeepAlive(this);
            return strides;
        }
    }

    /// <summary>Number of dimensions.</summary>
    public int Rank => (int)Info().Dim;

    /// <summary>Number of elements.</summary>
    public long Count => Info().Numel;

    /// <summary>Element type.</summary>
    public DType DType => (DType)Info().DType;

    /// <summary>Where the elements are.</summary>
    public Device Device
    {
        get
        {
            TensorInfo info = Info();
            return new Device((DeviceType)info.DeviceType, info.DeviceIndex);
        }
    }

    /// <summary>Whether the elements lie in row-major order without gaps.</summary>
    public bool IsContiguous => Info().IsContiguous != 0;

    /// <summary>Whether a 4-dimensional tensor lies in NHWC order (<see cref="MemoryFormat.ChannelsLast"/>).</summary>
    public bool IsChannelsLast => Info().IsChannelsLast != 0;

    /// <summary>Whether there is a tensor at all; some operators give none for a gradient that is not needed.</summary>
    public bool IsDefined => _handle != 0;

    /// <summary>Whether <see cref="Dispose"/> or a scope has freed it.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>The scope that will free it; null: the holder does.</summary>
    internal TensorScope? Scope { get; set; }

    internal nint Handle
    {
        get
        {
            if (IsDisposed)
                throw Disposed();
            return _handle;
        }
    }

    /// <summary>Length of a dimension; negative numbers count from the last.</summary>
    public long Size(int dim)
    {
        TensorInfo info = Info();
        int rank = (int)info.Dim, index = dim < 0 ? dim + rank : dim;
        if ((uint)index >= (uint)rank)
            throw new ArgumentOutOfRangeException(nameof(dim), dim, $"The tensor has {rank} dimensions.");
        long size = info.Sizes[index];
        GC.KeepAlive(this);
        return size;
    }

    /// <summary>Frees the tensor; its memory stays while views or the graph use it. A second call does nothing.</summary>
    public void Dispose()
    {
        Free(leaked: false);
        GC.SuppressFinalize(this);
    }

    /// <summary>Takes the tensor out of its scope: from now on the holder disposes it. For what outlives a step.</summary>
    /// <returns>This tensor.</returns>
    public Tensor Persist()
    {
        Scope = null;
        return this;
    }

    /// <summary>A second owner of the same tensor (same memory, same history).</summary>
    public Tensor Share()
    {
        nint same;
        Bridge.Check(Bridge.retort_tensor_retain(Handle, &same));
        GC.KeepAlive(this);
        return new Tensor(same);
    }

    /// <summary>Whether both are the same tensor for libtorch, not only equal.</summary>
    public bool Is(Tensor other) => Handle == other.Handle;

    /// <summary>
    /// Makes this object hold another tensor (shared with <paramref name="other"/>) in place of its own, so that every holder of this
    /// object sees it.
    /// </summary>
    internal void Become(Tensor other)
    {
        nint same;
        Bridge.Check(Bridge.retort_tensor_retain(other.Handle, &same));
        GC.KeepAlive(other);
        Bridge.retort_tensor_free(Interlocked.Exchange(ref _handle, same));
    }

    /// <summary>Handles of a list for one native call; the caller keeps the list alive across it. Null entries become 0.</summary>
    internal static nint[] Handles(IReadOnlyList<Tensor?> tensors)
    {
        nint[] handles = new nint[tensors.Count];
        for (int i = 0; i < handles.Length; i++)
            handles[i] = tensors[i]?.Handle ?? 0;
        return handles;
    }

    /// <summary>Takes over the tensors of a list result.</summary>
    internal static Tensor[] OwnedList(BridgeValue value)
    {
        var handles = new ReadOnlySpan<nint>((void*)value.Pointer, (int)value.Length);
        Tensor[] tensors = new Tensor[handles.Length];
        for (int i = 0; i < tensors.Length; i++)
            tensors[i] = new Tensor(handles[i]);
        Bridge.retort_list_free(value.Pointer);
        return tensors;
    }

    /// <summary>Takes over a tensor result.</summary>
    internal static Tensor Owned(BridgeValue value) => new(value.Tag == BridgeTag.Tensor ? value.Pointer : 0);

    /// <summary>Drops the second handle that an in-place operator returns for this tensor.</summary>
    internal Tensor Same(BridgeValue result)
    {
        if (result.Tag == BridgeTag.Tensor && result.Pointer != 0)
            Bridge.retort_tensor_free(result.Pointer);
        return this;
    }

    internal TensorInfo Info()
    {
        TensorInfo info;
        Bridge.Check(Bridge.retort_tensor_info_read(Handle, &info));
        GC.KeepAlive(this);
        return info;
    }

    private void Free(bool leaked)
    {
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle == 0)
            return;
        IsDisposed = true;
        Scope = null;
        Bridge.retort_tensor_free(handle);
        if (_tracking != 0)
            TensorTracking.Forget(_tracking, leaked);
    }

    private ObjectDisposedException Disposed() => new(
        nameof(Tensor),
        "The tensor was freed, by Dispose or by the end of its TensorScope; use scope.Keep or Persist for what must live longer."
        + (TensorTracking.Enabled ? "" : " RETORT_TRACK_TENSORS=1 shows where tensors are made."));
}
