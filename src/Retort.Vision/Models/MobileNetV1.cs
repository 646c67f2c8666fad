using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;

namespace Retort.Vision.Models;

/// <summary>
/// MobileNet for 224×224 images (Howard et al., arXiv:1704.04861, table 1) as in DIST's code, with its state-dict names: depthwise 3×3
/// and 1×1 convolutions, each with batch norm and ReLU.
/// </summary>
/// <remarks>
/// Taps of a 224×224 image, the layers before each halving of the resolution, all after the ReLU: stem [32, 112, 112], stage1
/// [64, 112, 112], stage2 [128, 56, 56], stage3 [256, 28, 28], stage4 [512, 14, 14], stage5 [1024, 7, 7], pooled [1024]. ".preact" of a
/// stage is the output of its last batch norm.
/// </remarks>
public sealed class MobileNetV1 : Network
{
    private const int Stem = 32;

    private static readonly string[] Taps = ["stem", "stage1", "stage2", "stage3", "stage4", "stage5", "pooled"];

    /// <summary>Blocks after the stem: channels, stride, tap.</summary>
    private static readonly (int Channels, int Stride, string? Tap)[] Blocks =
    [
        (64, 1, "stage1"), (128, 2, null), (128, 1, "stage2"), (256, 2, null), (256, 1, "stage3"), (512, 2, null), (512, 1, null),
        (512, 1, null), (512, 1, null), (512, 1, null), (512, 1, "stage4"), (1024, 2, null), (1024, 1, "stage5"),
    ];

    private readonly ModuleList<Sequential> _model; // without the last ReLU of each block: the taps lie before and after it
    private readonly Linear _fc;

    /// <summary>
    /// Makes a network with the initialisation of DIST's code: convolutions Kaiming normal over fan-out, the classifier uniform within
    /// ±1/√classes, its bias 0.
    /// </summary>
    /// <param name="classes">Length of the logits.</param>
    public MobileNetV1(int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        Classes = classes;
        _model = Add("model", new ModuleList<Sequential>(
            new Sequential(new Conv2d(3, Stem, kernelSize: 3, stride: 2, padding: 1, bias: false), new BatchNorm2d(Stem))));
        int channels = Stem;
        foreach (var block in Blocks)
        {
            _model.Append(new Sequential(
                new Conv2d(channels, channels, kernelSize: 3, stride: block.Stride, padding: 1, groups: channels, bias: false),
                new BatchNorm2d(channels), new ReLU(inPlace: true),
                new Conv2d(channels, block.Channels, kernelSize: 1, bias: false), new BatchNorm2d(block.Channels)));
            channels = block.Channels;
        }

        _fc = Add("fc", new Linear(channels, classes));
        InitialWeights.Convolutions(this);
        using var noGrad = GradMode.Disable();
        double bound = 1 / Math.Sqrt(classes);
        _fc.Weight.Uniform_(-bound, bound);
        _fc.Bias!.Zero_();
    }

    /// <summary>mobilenet_v1.</summary>
    public static IEnumerable<ModelEntry> Models => [new("mobilenet_v1", 224, classes => new MobileNetV1(classes))];

    /// <inheritdoc/>
    public override int Classes { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> TapNames => Taps;

    /// <inheritdoc/>
    public override Linear? Classifier => _fc;

    /// <inheritdoc/>
    public override BatchNorm? NormOf(string tap)
    {
        for (int i = 0; i < Blocks.Length; i++)
        {
            if (Blocks[i].Tap is { } name && tap == name + PreActivation)
                return (BatchNorm)_model[i + 1][^1];
        }

        return null;
    }

    /// <inheritdoc/>
    public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps)
    {
        var wanted = new TapCollector(taps);
        Tensor x = _model[0].Forward(images).Relu_();
        wanted.OfferBoth("stem", x);
        string? reached = "stem";
        for (int i = 0; i < Blocks.Length; i++)
        {
            Tensor before = _model[i + 1].Forward(x);
            if (reached is null) // no tap can hold it
                x.Dispose();
            reached = Blocks[i].Tap;
            x = reached is null ? before.Relu_() : wanted.Rectify(reached, before);
        }

        Tensor pooled = x.Mean([2, 3]);
        wanted.OfferBoth("pooled", pooled);
        return new NetworkOutput(_fc.Forward(pooled), wanted.Taps);
    }
}
