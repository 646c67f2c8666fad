using Retort.Torch;
using Retort.Torch.Networks;

namespace Retort.Tests.Distillation.Methods;

/// <summary>
/// A frozen network that runs once for each number of images and then remembers what it gave: for tests that show a teacher the same
/// images again and again.
/// </summary>
internal sealed class RememberedNetwork : Network
{
    private readonly Network _network;
    private readonly Dictionary<long, NetworkOutput> _outputs = [];

    /// <summary>Takes over a network, which is then in the mode of this one.</summary>
    public RememberedNetwork(Network network) => _network = Add("network", network);

    public override int Classes => _network.Classes;

    public override IReadOnlyList<string> TapNames => _network.TapNames;

    public override string? PooledMap => _network.PooledMap;

    public override bool HasTap(string tap) => _network.HasTap(tap);

    public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps)
    {
        if (_outputs.TryGetValue(images.Size(0), out NetworkOutput? known))
            return known;
        IEnumerable<string> all = [.. TapNames, .. TapNames.Select(tap => tap + PreActivation), BeforePooling];
        NetworkOutput output = _network.Forward(images, all.Where(HasTap).ToHashSet());
        foreach (Tensor tensor in output.Taps.Values.Append(output.Logits))
            tensor.Persist();
        return _outputs[images.Size(0)] = output;
    }

    protected override void Dispose(bool disposing)
    {
        foreach (Tensor tensor in _outputs.Values.SelectMany(output => output.Taps.Values.Append(output.Logits)))
            tensor.Dispose();
        base.Dispose(disposing);
    }
}
