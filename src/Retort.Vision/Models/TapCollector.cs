using Retort.Torch;

namespace Retort.Vision.Models;

/// <summary>Collects, during a forward pass, the taps that were asked for.</summary>
internal sealed class TapCollector(IReadOnlySet<string> wanted)
{
    private readonly Dictionary<string, Tensor> _taps = new(wanted.Count);

    public IReadOnlyDictionary<string, Tensor> Taps => _taps;

    /// <summary>Keeps the features if they are wanted.</summary>
    /// <returns>Whether they were kept: the caller must not change them in place then.</returns>
    public bool Offer(string tap, Tensor features)
    {
        if (!wanted.Contains(tap))
            return false;
        _taps[tap] = features;
        return true;
    }
}
