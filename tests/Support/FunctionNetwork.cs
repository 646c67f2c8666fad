using Retort.Torch;
using Retort.Torch.Networks;

namespace Retort.Tests.Support;

/// <summary>A network that is one function, of three classes unless it says otherwise, and has no taps.</summary>
internal sealed class FunctionNetwork(Func<Tensor, Tensor> logits, int classes = 3) : Network
{
    public override int Classes => classes;

    public override IReadOnlyList<string> TapNames => [];

    public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps) => new(logits(images), new Dictionary<string, Tensor>());
}
