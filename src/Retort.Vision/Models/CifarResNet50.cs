using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;

namespace Retort.Vision.Models;

/// <summary>
/// ResNet-50 for 32×32 images with RepDistiller's state-dict names: the bottleneck blocks of the network for ImageNet (He et al.,
/// arXiv:1512.03385, table 1), behind a 3×3 convolution of stride 1 and no pooling.
/// </summary>
/// <remarks>
/// Taps of a 32×32 image: stem [64, 32, 32], stage1 [256, 32, 32], stage2 [512, 16, 16], stage3 [1024, 8, 8], stage4 [2048, 4, 4], pooled
/// [2048]. All are after the ReLU; ".preact" of a stage is the sum before its last ReLU.
/// </remarks>
public sealed class CifarResNet50 : Network
{
    private const int Stem = 64;

    private static readonly string[] Taps = ["stem", "stage1", "stage2", "stage3", "stage4", "pooled"];

    private readonly Conv2d _conv1;
    private readonly BatchNorm2d _bn1;
    private readonly ResidualStage[] _stages;
    private readonly Linear _linear;

    /// <summary>Makes a network with RepDistiller's initialisation: convolutions Kaiming normal over fan-out, batch norms 1 and 0.</summary>
    /// <param name="classes">Length of the logits.</param>
    public CifarResNet50(int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        Classes = classes;
        _conv1 = Add("conv1", new Conv2d(3, Stem, kernelSize: 3, padding: 1, bias: false));
        _bn1 = Add("bn1", new BatchNorm2d(Stem));
        _stages = ResidualStage.Chain(
            Stem, [3, 4, 6, 3], (inputs, stage, stride) => new BottleneckBlock(inputs, Stem << stage, stride, shortcutName: "shortcut"));
        for (int s = 0; s < _stages.Length; s++)
            Add($"layer{s + 1}", _stages[s]);
        _linear = Add("linear", new Linear(_stages[^1].Outputs, classes));
        InitialWeights.Convolutions(this);
    }

    /// <summary>ResNet50.</summary>
    public static IEnumerable<ModelEntry> Models => [new("ResNet50", 32, classes => new CifarResNet50(classes))];

    /// <inheritdoc/>
    public override int Classes { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> TapNames => Taps;

    /// <inheritdoc/>
    public override Linear? Classifier => _linear;

    /// <inheritdoc/>
    public override BatchNorm? NormOf(string tap) => ResidualStage.NormOf(tap, _stages);

    /// <inheritdoc/>
    public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps)
    {
        var wanted = new TapCollector(taps);
        Tensor x = _conv1.Forward(images).Through(_bn1).Relu_();
        wanted.OfferBoth("stem", x);
        foreach (ResidualStage stage in _stages)
            x = stage.Forward(x, wanted);
        Tensor pooled = x.Mean([2, 3]);
        wanted.OfferBoth("pooled", pooled);
        return new NetworkOutput(_linear.Forward(pooled), wanted.Taps);
    }
}
