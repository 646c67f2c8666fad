using Retort.Torch.Native;

namespace Retort.Torch;

/// <summary>A CPU random number generator of libtorch (Mersenne twister); the state can be saved and restored.</summary>
public sealed unsafe class Generator : IDisposable
{
    private nint _handle;

    /// <summary>Makes a generator of its own, independent of the default one.</summary>
    public Generator(long seed)
    {
        nint handle;
        Bridge.Check(Bridge.retort_generator_new((ulong)seed, &handle));
        _handle = handle;
    }

    private Generator()
    {
    }

    /// <summary>The generator that operators use when they are given none (initialisation, dropout).</summary>
    public static Generator Default { get; } = new();

    internal nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle == 0 && this != Default, this);
            return _handle;
        }
    }

    /// <summary>The state: a byte tensor, owned by the current scope or the caller.</summary>
    public Tensor GetState()
    {
        nint tensor;
        Bridge.Check(Bridge.retort_generator_get_state(Handle, &tensor));
        return new Tensor(tensor);
    }

    /// <summary>Continues from a state that <see cref="GetState"/> gave.</summary>
    /// <exception cref="TorchException">The tensor is not such a state.</exception>
    public void SetState(Tensor state)
    {
        Bridge.Check(Bridge.retort_generator_set_state(Handle, state.Handle));
        GC.KeepAlive(state);
    }

    /// <summary>Frees the generator.</summary>
    public void Dispose()
    {
        if (_handle != 0)
            Bridge.retort_generator_free(Interlocked.Exchange(ref _handle, 0));
    }
}
