using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;

namespace Retort.Vision.Models;

/// <summary>Collects, during a forward pass, the taps that were asked for.</summary>
internal sealed class TapCollector(IReadOnlySet<string> wanted)
{
    private readonly Dictionary<string, Tensor> _taps = new(wanted.Count);

    public IReadOnlyDictionary<string, Tensor> Taps => _taps;

    /// <summary>Whether a tap is asked for: what only it needs is not computed otherwise.</summary>
    public bool Wants(string tap) => wanted.Contains(tap);

    /// <summary>Whether these features were kept.</summary>
    public bool Keeps(Tensor features) => _taps.Values.Any(kept => ReferenceEquals(kept, features));

    /// <summary>Keeps the features if they are wanted.</summary>
    /// <returns>Whether they were kept: the caller must neither change nor free them then.</returns>
    public bool Offer(string tap, Tensor features)
    {
        if (!wanted.Contains(tap))
            return false;
        _taps[tap] = features;
        return true;
    }

    /// <summary>Offers features that stand under a tap's name with and without ".preact": they have no activation of their own.</summary>
    /// <returns>The same features.</returns>
    public Tensor OfferBoth(string tap, Tensor features)
    {
        Offer(tap, features);
        Offer(tap + Network.PreActivation, features);
        return features;
    }

    /// <summary>Applies ReLU, in place unless the features before it are wanted, and offers the features from before and after.</summary>
    /// <param name="tap">Name of the tap.</param>
    /// <param name="before">Given up by the caller.</param>
    public Tensor Rectify(string tap, Tensor before)
    {
        Tensor after = Offer(tap + Network.PreActivation, before) ? before.Relu() : before.Relu_();
        Offer(tap, after);
        return after;
    }

    /// <summary>Runs a block and a ReLU behind it, which are one operator where the features between them are not wanted, and offers both.</summary>
    /// <param name="tap">Name of the tap.</param>
    /// <param name="input">What the block runs on; stays the caller's.</param>
    /// <param name="block">Ends in a batch norm.</param>
    public Tensor Rectify(string tap, Tensor input, Sequential block)
    {
        if (Wants(tap + Network.PreActivation))
            return Rectify(tap, block.Forward(input));
        Tensor after = block.Rectified(input);
        Offer(tap, after);
        return after;
    }
}
