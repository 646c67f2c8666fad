using Retort.Torch.Modules;

namespace Retort.Vision.Models;

/// <summary>
/// ResNet-50 for 32×32 images with RepDistiller's state-dict names: the bottleneck blocks of the network for ImageNet (He et al.,
/// arXiv:1512.03385, table 1), behind a 3×3 convolution of stride 1 and no pooling.
/// </summary>
/// <remarks>
/// Taps of a 32×32 image: stem [64, 32, 32], stage1 [256, 32, 32], stage2 [512, 16, 16], stage3 [1024, 8, 8], stage4 [2048, 4, 4], pooled
/// [2048]. All are after the ReLU; ".preact" of a stage is the sum before its last ReLU.
/// </remarks>
public sealed class CifarResNet50 : ChainNetwork
{
    private const int Stem = 64;

    /// <summary>Makes a network with RepDistiller's initialisation: convolutions Kaiming normal over fan-out, batch norms 1 and 0.</summary>
    /// <param name="classes">Length of the logits.</param>
    public CifarResNet50(int classes)
        : base(classes)
    {
        AppendStem(new Conv2d(3, Stem, kernelSize: 3, padding: 1, bias: false), channels: Stem);
        ResidualStage[] stages = ResidualStage.Chain(
            Stem, [3, 4, 6, 3], (inputs, stage, stride) => new BottleneckBlock(inputs, Stem << stage, stride, shortcutName: "shortcut"));
        for (int s = 0; s < stages.Length; s++)
            Append(Add($"layer{s + 1}", stages[s]));
        AppendPooled();
        End(Add("linear", new Linear(stages[^1].Outputs, classes)));
        InitialWeights.Convolutions(this);
    }

    /// <summary>ResNet50.</summary>
    public static IEnumerable<ModelEntry> Models => [new("ResNet50", 32, classes => new CifarResNet50(classes))];
}
