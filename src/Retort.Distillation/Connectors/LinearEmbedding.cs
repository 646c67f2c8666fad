using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Distillation.Connectors;

/// <summary>A linear map of flattened features to a common length, with RepDistiller's state-dict names (<c>linear.weight</c>).</summary>
public sealed class LinearEmbedding : Layer
{
    private readonly Linear _linear;

    /// <summary>Makes the embedding with PyTorch's initialisation.</summary>
    /// <param name="inputs">Shape of one sample's features: [C, H, W] or [D].</param>
    /// <param name="outputs">Length of the embedding.</param>
    public LinearEmbedding(long[] inputs, int outputs) =>
        _linear = Add("linear", new Linear(checked((int)inputs.Aggregate(1L, (product, size) => product * size)), outputs));

    /// <inheritdoc/>
    /// <remarks>Input [N, ...], output [N, outputs].</remarks>
    public override Tensor Forward(Tensor input) => _linear.Forward(input.Flatten(1));
}
