using Retort.Torch.Modules;

namespace Retort.Vision.Models;

/// <summary>
/// ResNet for 32×32 images (He et al., arXiv:1512.03385, section 4.2) with RepDistiller's state-dict names: three stages of
/// (depth − 2) / 6 basic blocks, 1×1 convolution shortcuts, no pooling after the stem.
/// </summary>
/// <remarks>
/// Taps of a 32×32 image: stem [16, 32, 32], stage1 [16, 32, 32], stage2 [32, 16, 16], stage3 [64, 8, 8], pooled [64]; four times the
/// channels (stem twice) in the "x4" models. All are after the ReLU; ".preact" of a stage is the sum before its last ReLU.
/// </remarks>
public sealed class CifarResNet : ChainNetwork
{
    private static readonly int[] Depths = [8, 14, 20, 32, 44, 56, 110];

    /// <summary>Makes a network with RepDistiller's initialisation: convolutions Kaiming normal over fan-out, batch norms 1 and 0.</summary>
    /// <param name="depth">6n + 2.</param>
    /// <param name="stem">Channels of the first convolution.</param>
    /// <param name="width">Channels of the first stage, doubled in each of the next.</param>
    /// <param name="classes">Length of the logits.</param>
    public CifarResNet(int depth, int stem, int width, int classes)
        : base(classes)
    {
        if (depth < 8 || (depth - 2) % 6 != 0)
            throw new ArgumentOutOfRangeException(nameof(depth), depth, "A CIFAR ResNet has 6n + 2 layers: 8, 14, 20, ...");

        AppendStem(new Conv2d(3, stem, kernelSize: 3, padding: 1, bias: false), channels: stem);
        int blocks = (depth - 2) / 6;
        ResidualStage[] stages = ResidualStage.Chain(
            stem, [blocks, blocks, blocks], (inputs, stage, stride) => new BasicBlock(inputs, width << stage, stride));
        for (int s = 0; s < stages.Length; s++)
            Append(Add($"layer{s + 1}", stages[s]));
        AppendPooled();
        End(Add("fc", new Linear(stages[^1].Outputs, classes)));
        InitialWeights.Convolutions(this);
    }

    /// <summary>resnet8 … resnet110, and resnet8x4 … resnet32x4 with four times the channels.</summary>
    public static IEnumerable<ModelEntry> Models =>
        Depths.Select(depth => new ModelEntry($"resnet{depth}", 32, classes => new CifarResNet(depth, 16, 16, classes)))
            .Concat(Depths.Where(d => d is 8 or 14 or 20 or 32).Select(depth =>
                new ModelEntry($"resnet{depth}x4", 32, classes => new CifarResNet(depth, 32, 64, classes))));
}
