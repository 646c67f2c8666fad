using Retort.Torch.Native;

namespace Retort.Torch;

/// <summary>Whether operations are recorded for backward, on this thread, until it is disposed.</summary>
/// <example><code>using (GradMode.Disable()) accuracy = Evaluate(network);</code></example>
public readonly unsafe ref struct GradMode
{
    private readonly int _previous;

    private GradMode(int previous) => _previous = previous;

    /// <summary>Whether operations are recorded on this thread now.</summary>
    public static bool IsEnabled => Set(-1) != 0;

    /// <summary>Records nothing until disposed (PyTorch's <c>no_grad</c>).</summary>
    public static GradMode Disable() => new(Set(0));

    /// <summary>Records again, inside of <see cref="Disable"/>.</summary>
    public static GradMode Enable() => new(Set(1));

    /// <summary>Restores what was before.</summary>
    public void Dispose() => Set(_previous);

    private static int Set(int on)
    {
        int previous;
        Bridge.Check(Bridge.retort_grad_mode(on, &previous));
        return previous;
    }
}
