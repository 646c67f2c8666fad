using Retort.Torch.Native;

namespace Retort.Torch.TorchScript;

/// <summary>
/// A TorchScript network for inference that gives what modules within it give, beside its own result. Weights are constants of its code,
/// batch norms are folded into convolutions where nothing between them is tapped; what is tapped is what a forward hook of Python
/// would see, before later operations change it in place.
/// </summary>
public sealed unsafe class TappedTorchScript : IDisposable
{
    private readonly int _taps;
    private nint _handle;

    internal TappedTorchScript(nint handle, int taps) => (_handle, _taps) = (handle, taps);

    /// <summary>Runs the network without gradient.</summary>
    /// <param name="input">Its first argument; the others have their defaults.</param>
    /// <returns>
    /// The tapped features in the order in which they were asked for; and what the forward method gives: a lone tensor under an empty name,
    /// a tuple's or list's by their places ("0", "1.0"), a dict's and a named tuple's by their keys. Owned by the current scope or the caller.
    /// </returns>
    /// <exception cref="TorchException">The code fails, or gives something else than tensors.</exception>
    public (Tensor[] Taps, IReadOnlyList<KeyValuePair<string, Tensor>> Outputs) Forward(Tensor input)
    {
        ObjectDisposedException.ThrowIf(_handle == 0, this);
        using var noGrad = GradMode.Disable();
        return TorchScriptCall.Run(_handle, [input], _taps, Bridge.retort_tapped_forward, this);
    }

    /// <summary>Frees the network; tensors that it gave out live on.</summary>
    public void Dispose()
    {
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0)
            Bridge.retort_tapped_free(handle);
    }
}
