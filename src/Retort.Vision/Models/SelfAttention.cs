using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Vision.Models;

/// <summary>Multi-head self-attention (Vaswani et al., arXiv:1706.03762, section 3.2) with timm's state-dict names.</summary>
internal sealed class SelfAttention : Layer
{
    private readonly int _heads;
    private readonly Linear _qkv, _proj;

    /// <summary>Makes the layer.</summary>
    /// <param name="width">Length of a token.</param>
    /// <param name="heads">Divides the width.</param>
    public SelfAttention(int width, int heads)
    {
        _heads = heads;
        _qkv = Add("qkv", new Linear(width, 3 * width));
        _proj = Add("proj", new Linear(width, width));
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Input and output [N, tokens, width]: <c>softmax(q kᵀ / √d) v</c> of each head's queries, keys and values, d long, joined and mapped.
    /// </remarks>
    public override Tensor Forward(Tensor input)
    {
        using var scope = new TensorScope();
        long tokens = input.Size(1), width = input.Size(2), headWidth = width / _heads;
        Tensor qkv = _qkv.Forward(input).Reshape([-1, tokens, 3, _heads, headWidth]).Permute([2, 0, 3, 1, 4]);
        Tensor query = qkv.Select(0, 0) * (1 / Math.Sqrt(headWidth)), key = qkv.Select(0, 1), value = qkv.Select(0, 2);
        Tensor attention = query.Matmul(key.Transpose(-2, -1)).Softmax(-1);
        Tensor mixed = attention.Matmul(value).Transpose(1, 2).Reshape([-1, tokens, width]);
        return scope.Keep(_proj.Forward(mixed));
    }
}
