namespace Retort.Torch;

/// <summary>
/// Frees, when it is disposed, every tensor that was made on its thread while it was the innermost scope, except those that were kept.
/// A training step runs in one. Scopes nest and belong to the thread that entered them.
/// </summary>
/// <example><code>
/// using var scope = new TensorScope();
/// var loss = network.Forward(images).Mean();   // temporaries and loss are freed with the scope
/// loss.Backward();
/// </code></example>
public sealed class TensorScope : IDisposable
{
    [ThreadStatic] private static TensorScope? _current;

    private readonly List<Tensor> _tensors = [];
    private readonly TensorScope? _outer;
    private readonly int _thread;
    private bool _disposed;

    /// <summary>Enters a scope.</summary>
    public TensorScope()
    {
        _outer = _current;
        _thread = Environment.CurrentManagedThreadId;
        _current = this;
    }

    /// <summary>The innermost scope of this thread; null outside of any: tensors are then the caller's to dispose.</summary>
    public static TensorScope? Current => _current;

    /// <summary>Hands a tensor to the surrounding scope, or to the caller where there is none.</summary>
    /// <returns>The same tensor.</returns>
    public Tensor Keep(Tensor tensor)
    {
        if (tensor.Scope == this)
        {
            tensor.Scope = _outer;
            _outer?._tensors.Add(tensor);
        }

        return tensor;
    }

    /// <summary>Frees what was made in the scope and was not kept. A second call does nothing.</summary>
    /// <exception cref="InvalidOperationException">Another thread entered the scope, or an inner scope is still open.</exception>
    public void Dispose()
    {
        if (_disposed)
            return;
        int thread = Environment.CurrentManagedThreadId;
        if (thread != _thread)
        {
            throw new InvalidOperationException(
                $"A TensorScope of thread {_thread} was disposed on thread {thread}: enter and leave it in one synchronous method "
                + "(an await in between may change the thread).");
        }

        if (_current != this)
            throw new InvalidOperationException("An inner TensorScope is still open: dispose scopes in the reverse order, with `using`.");

        _disposed = true;
        _current = _outer;
        foreach (Tensor tensor in _tensors)
        {
            if (tensor.Scope == this)
                tensor.Dispose();
        }
    }

    internal void Add(Tensor tensor) => _tensors.Add(tensor);
}
