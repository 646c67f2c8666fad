using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;

namespace Retort.Vision.Models;

/// <summary>
/// Vision transformer (Dosovitskiy et al., arXiv:2010.11929) in the sizes of DeiT (Touvron et al., arXiv:2012.12877, table 1) with timm's
/// state-dict names: square patches and a class token, learnt positions, blocks of attention, no dropout or stochastic depth. It takes
/// images of one size only.
/// </summary>
/// <remarks>
/// Taps of deit_tiny_patch16_224: stem [192, 14, 14], stage1 to stage4 the same, pooled [192]. The stem is the patches' tokens with their
/// positions, a stage the tokens after a quarter of the blocks, without the class token, each token at its patch's place; "pooled" is the
/// class token after the last norm. There is no activation after a block: ".preact" is the same, of both signs.
/// </remarks>
public sealed class VisionTransformer : Network
{
    private const int Stages = 4, HeadWidth = 64;

    private static readonly string[] Taps = ["stem", "stage1", "stage2", "stage3", "stage4", "pooled"];

    private readonly int _imageSize, _side; // of an image in pixels, and in patches
    private readonly Tensor _classToken, _positions;
    private readonly Sequential _patchEmbed;
    private readonly ModuleList<TransformerBlock> _blocks;
    private readonly LayerNorm _norm;
    private readonly Linear _head;

    /// <summary>
    /// Makes a network with timm's initialisation: linear layers and positions truncated normal with standard deviation 0.02, biases 0,
    /// the patches' convolution PyTorch's default.
    /// </summary>
    /// <param name="imageSize">Height and width of the images, in pixels.</param>
    /// <param name="patch">Height and width of a patch; divides the image size.</param>
    /// <param name="width">Length of a token, a multiple of 64: that many heads.</param>
    /// <param name="depth">Number of blocks, a multiple of 4.</param>
    /// <param name="classes">Length of the logits.</param>
    public VisionTransformer(int imageSize, int patch, int width, int depth, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        RequireMultiple(imageSize, patch, nameof(imageSize));
        RequireMultiple(width, HeadWidth, nameof(width));
        RequireMultiple(depth, Stages, nameof(depth));
        Classes = classes;
        _imageSize = imageSize;
        _side = imageSize / patch;
        _classToken = AddParameter("cls_token", Init.Normal([1, 1, width], 1e-6));
        _positions = AddParameter("pos_embed", Init.TruncatedNormal_(Aten.Empty([1, 1 + (_side * _side), width]), 0, 0.02));
        _patchEmbed = Add("patch_embed", new Sequential([("proj", new Conv2d(3, width, kernelSize: patch, stride: patch))]));
        _blocks = Add("blocks", new ModuleList<TransformerBlock>(
            [.. Enumerable.Range(0, depth).Select(_ => new TransformerBlock(width, width / HeadWidth))]));
        _norm = Add("norm", new LayerNorm(width, TransformerBlock.Epsilon));
        _head = Add("head", new Linear(width, classes));
        InitialWeights.LinearLayers(this);
    }

    /// <summary>deit_tiny_patch16_224 and deit_small_patch16_224, as in timm, and the tiny one for images of 32 pixels.</summary>
    public static IEnumerable<ModelEntry> Models =>
    [
        new("deit_tiny_patch16_224", 224, classes => new VisionTransformer(224, patch: 16, width: 192, depth: 12, classes)),
        new("deit_small_patch16_224", 224, classes => new VisionTransformer(224, patch: 16, width: 384, depth: 12, classes)),
        new("deit_tiny_patch4_32", 32, classes => new VisionTransformer(32, patch: 4, width: 192, depth: 12, classes)),
    ];

    /// <inheritdoc/>
    public override int Classes { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> TapNames => Taps;

    /// <inheritdoc/>
    public override Linear? Classifier => _head;

    /// <inheritdoc/>
    /// <exception cref="RetortException">The images have another size than the network is made for.</exception>
    public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps)
    {
        var wanted = new TapCollector(taps);
        Tensor tokens = Embed(images);
        OfferMap("stem", tokens, wanted);
        for (int b = 0; b < _blocks.Count; b++)
        {
            tokens = tokens.Through(_blocks[b]);
            if ((b + 1) % (_blocks.Count / Stages) == 0)
                OfferMap(Taps[(b + 1) * Stages / _blocks.Count], tokens, wanted);
        }

        using (tokens)
        {
            Tensor pooled = tokens.Select(1, 0).Through(_norm); // each token is normalised by itself
            wanted.OfferBoth("pooled", pooled);
            return new NetworkOutput(_head.Forward(pooled), wanted.Taps);
        }
    }

    private static void RequireMultiple(int value, int of, string name)
    {
        if (of < 1 || value < of || value % of != 0)
            throw new ArgumentOutOfRangeException(name, value, $"It must be a multiple of {of}.");
    }

    // Tokens [N, 1 + patches, width], the class token first.
    private Tensor Embed(Tensor images)
    {
        if (images.Size(2) != _imageSize || images.Size(3) != _imageSize)
        {
            throw new RetortException(
                $"This vision transformer has learnt positions for images of {_imageSize}×{_imageSize} pixels, but was given "
                + $"{images.Size(2)}×{images.Size(3)}: bring the images to that size, or choose another model.") { WrongUse = true };
        }

        using var scope = new TensorScope();
        Tensor patches = _patchEmbed.Forward(images).Flatten(2).Transpose(1, 2);
        Tensor tokens = Aten.Cat([_classToken.Expand([patches.Size(0), -1, -1]), patches], 1);
        return scope.Keep(tokens + _positions);
    }

    // The tokens of the patches as [N, width, H, W]: a view.
    private void OfferMap(string tap, Tensor tokens, TapCollector wanted)
    {
        if (!wanted.Wants(tap) && !wanted.Wants(tap + PreActivation))
            return;
        using Tensor patches = tokens.Slice(1, 1), channels = patches.Transpose(1, 2);
        wanted.OfferBoth(tap, channels.Reshape([-1, tokens.Size(2), _side, _side]));
    }
}
