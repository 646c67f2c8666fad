namespace Retort.Torch.Networks;

/// <summary>What a network gives for a batch: the logits, and the taps that were asked for.</summary>
/// <param name="logits">[N, classes], before any softmax; null where they were not asked for.</param>
/// <param name="taps">Features by the name of their tap; only those that were asked for.</param>
public sealed class NetworkOutput(Tensor? logits, IReadOnlyDictionary<string, Tensor> taps)
{
    /// <summary>Whether there are logits: a network made fast for its taps alone stops before them.</summary>
    public bool HasLogits => logits is not null;

    /// <summary>[N, classes], before any softmax.</summary>
    /// <exception cref="InvalidOperationException">They were not asked for.</exception>
    public Tensor Logits => logits ?? throw new InvalidOperationException("The logits were not asked for.");

    /// <summary>Features by the name of their tap.</summary>
    public IReadOnlyDictionary<string, Tensor> Taps => taps;

    /// <summary>A tap's features: [N, C, H, W], or [N, D] for "pooled".</summary>
    /// <exception cref="KeyNotFoundException">The tap was not asked for.</exception>
    public Tensor this[string tap] => taps.TryGetValue(tap, out Tensor? features)
        ? features
        : throw new KeyNotFoundException($"The tap \"{tap}\" was not asked for; there are: {string.Join(", ", taps.Keys)}.");
}
