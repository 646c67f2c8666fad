using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Vision.Models;

/// <summary>
/// ResNet for 224×224 images (He et al., arXiv:1512.03385, table 1) with torchvision's state-dict names. As there, the stride of a
/// bottleneck block is in its 3×3 convolution.
/// </summary>
/// <remarks>
/// Taps of a 224×224 image, all after the ReLU: stem [64, 112, 112] (before the max pooling), stage1 [64, 56, 56], stage2 [128, 28, 28],
/// stage3 [256, 14, 14], stage4 [512, 7, 7], pooled [512]; the stages and "pooled" have four times the channels from resnet50 on.
/// ".preact" of a stage is the sum before its last ReLU.
/// </remarks>
public sealed class ResNet : ChainNetwork
{
    private const int Stem = 64;

    /// <summary>Makes a network with torchvision's initialisation: convolutions Kaiming normal over fan-out, batch norms 1 and 0.</summary>
    /// <param name="blocks">Number of blocks of each of the four stages.</param>
    /// <param name="bottleneck">Bottleneck blocks instead of basic ones.</param>
    /// <param name="classes">Length of the logits.</param>
    public ResNet(IReadOnlyList<int> blocks, bool bottleneck, int classes)
        : base(classes)
    {
        if (blocks.Count != 4 || blocks.Any(count => count < 1))
            throw new ArgumentException($"A ResNet has four stages of at least one block, not {string.Join(", ", blocks)}.", nameof(blocks));

        AppendStem(new Conv2d(3, Stem, kernelSize: 7, stride: 2, padding: 3, bias: false), channels: Stem);
        var maxPool = new MaxPool2d(kernelSize: 3, stride: 2, padding: 1);
        ResidualStage[] stages = ResidualStage.Chain(Stem, blocks, (inputs, stage, stride) => bottleneck
            ? new BottleneckBlock(inputs, Stem << stage, stride, shortcutName: "downsample")
            : new BasicBlock(inputs, Stem << stage, stride));
        for (int s = 0; s < stages.Length; s++)
            Add($"layer{s + 1}", stages[s]);
        Append("stage1", (stem, taps) => RunPooled(stages[0], maxPool.Forward(stem), taps), [stages[0]], stages[0].LastNorm);
        foreach (ResidualStage stage in stages[1..])
            Append(stage);
        AppendPooled();
        End(Add("fc", new Linear(stages[^1].Outputs, classes)));
        InitialWeights.Convolutions(this);
    }

    /// <summary>resnet18, resnet34, resnet50, resnet101, resnet152.</summary>
    public static IEnumerable<ModelEntry> Models =>
    [
        new("resnet18", 224, classes => new ResNet([2, 2, 2, 2], bottleneck: false, classes)),
        new("resnet34", 224, classes => new ResNet([3, 4, 6, 3], bottleneck: false, classes)),
        new("resnet50", 224, classes => new ResNet([3, 4, 6, 3], bottleneck: true, classes)),
        new("resnet101", 224, classes => new ResNet([3, 4, 23, 3], bottleneck: true, classes)),
        new("resnet152", 224, classes => new ResNet([3, 8, 36, 3], bottleneck: true, classes)),
    ];

    private static Tensor RunPooled(ResidualStage stage, Tensor pooled, TapCollector taps)
    {
        using (pooled)
            return stage.Forward(pooled, taps);
    }
}
