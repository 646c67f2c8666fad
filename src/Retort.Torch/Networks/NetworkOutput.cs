namespace Retort.Torch.Networks;

/// <summary>What a network gives for a batch: the logits, and the taps that were asked for.</summary>
/// <param name="Logits">[N, classes], before any softmax.</param>
/// <param name="Taps">Features by the name of their tap; only those that were asked for.</param>
public sealed record NetworkOutput(Tensor Logits, IReadOnlyDictionary<string, Tensor> Taps)
{
    /// <summary>A tap's features: [N, C, H, W], or [N, D] for "pooled".</summary>
    /// <exception cref="KeyNotFoundException">The tap was not asked for.</exception>
    public Tensor this[string tap] => Taps.TryGetValue(tap, out Tensor? features)
        ? features
        : throw new KeyNotFoundException($"The tap \"{tap}\" was not asked for; there are: {string.Join(", ", Taps.Keys)}.");
}
