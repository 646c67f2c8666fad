using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Vision.Models;

/// <summary>
/// The block of the vision transformer (Dosovitskiy et al., arXiv:2010.11929, eq. 2 and 3) with timm's state-dict names: tokens attend to
/// each other, then each goes through two linear layers; both are added to what came in, with layer norm before them.
/// </summary>
internal sealed class TransformerBlock : Layer
{
    /// <summary>Added to the variance by the layer norms of vision transformers.</summary>
    public const double Epsilon = 1e-6;

    private const int Expansion = 4;

    private readonly LayerNorm _norm1, _norm2;
    private readonly SelfAttention _attn;
    private readonly Sequential _mlp;

    /// <summary>Makes a block.</summary>
    /// <param name="width">Length of a token.</param>
    /// <param name="heads">Divides the width.</param>
    public TransformerBlock(int width, int heads)
    {
        _norm1 = Add("norm1", new LayerNorm(width, Epsilon));
        _attn = Add("attn", new SelfAttention(width, heads));
        _norm2 = Add("norm2", new LayerNorm(width, Epsilon));
        _mlp = Add("mlp", new Sequential(
            [("fc1", new Linear(width, Expansion * width)), ("act", new GELU()), ("fc2", new Linear(Expansion * width, width))]));
    }

    /// <inheritdoc/>
    /// <remarks>Input and output [N, tokens, width]. The sums stay in the input's type, float32, under autocast too.</remarks>
    public override Tensor Forward(Tensor input)
    {
        using Tensor attended = _norm1.Forward(input).Through(_attn);
        using Tensor middle = input + attended;
        using Tensor mapped = _norm2.Forward(middle).Through(_mlp);
        return middle + mapped;
    }
}
