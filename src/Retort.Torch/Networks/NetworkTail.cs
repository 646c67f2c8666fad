using Retort.Torch.Modules;

namespace Retort.Torch.Networks;

/// <summary>
/// What a network runs behind one of its taps, classifier included, as a layer: a tap's features in, logits [N, classes] out. Its modules
/// keep the names that they have in the network.
/// </summary>
public sealed class NetworkTail : Layer
{
    private readonly Network _network;
    private readonly string _tap;

    /// <summary>Cuts a network.</summary>
    /// <param name="network">Taken over, and of no other use from then on: what runs before the tap is freed. Unchanged when this throws.</param>
    /// <param name="tap">One of its taps, not one before an activation.</param>
    /// <exception cref="NetworkCutException">The network cannot be cut there.</exception>
    public NetworkTail(Network network, string tap)
    {
        (_network, _tap) = (network, tap);
        foreach ((string path, Module module) in network.ModulesBehind(tap))
            Add(path, module);
        HashSet<object> kept = new(State().Select(entry => entry.Value), ReferenceEqualityComparer.Instance);
        foreach ((_, Tensor tensor) in network.State().Where(entry => !kept.Contains(entry.Value)))
            tensor.Dispose();
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => _network.ForwardFrom(_tap, input);
}
