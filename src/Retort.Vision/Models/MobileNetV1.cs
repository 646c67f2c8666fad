using Retort.Torch;
using Retort.Torch.Modules;

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
public sealed class MobileNetV1 : ChainNetwork
{
    private const int Stem = 32;

    /// <summary>Blocks after the stem: channels, stride, tap.</summary>
    private static readonly (int Channels, int Stride, string? Tap)[] Blocks =
    [
        (64, 1, "stage1"), (128, 2, null), (128, 1, "stage2"), (256, 2, null), (256, 1, "stage3"), (512, 2, null), (512, 1, null),
        (512, 1, null), (512, 1, null), (512, 1, null), (512, 1, "stage4"), (1024, 2, null), (1024, 1, "stage5"),
    ];

    /// <summary>
    /// Makes a network with the initialisation of DIST's code: convolutions Kaiming normal over fan-out, the classifier uniform within
    /// ±1/√classes, its bias 0.
    /// </summary>
    /// <param name="classes">Length of the logits.</param>
    public MobileNetV1(int classes)
        : base(classes)
    {
        var stem = new Sequential(new Conv2d(3, Stem, kernelSize: 3, stride: 2, padding: 1, bias: false), new BatchNorm2d(Stem));
        var model = Add("model", new ModuleList<Sequential>(stem));
        Append("stem", stem.Rectified, [stem]);
        List<Sequential> sinceTap = [];
        int channels = Stem;
        foreach (var block in Blocks)
        {
            List<Layer> layers =
            [
                new Conv2d(channels, channels, kernelSize: 3, stride: block.Stride, padding: 1, groups: channels, bias: false),
                new BatchNorm2d(channels), new ReLU(inPlace: true),
                new Conv2d(channels, block.Channels, kernelSize: 1, bias: false), new BatchNorm2d(block.Channels),
            ];
            if (block.Tap is null)
                layers.Add(new ReLU(inPlace: true)); // where there is a tap it lies before and after the ReLU, which is not the block's then
            sinceTap.Add(model.Append(new Sequential(layers)));
            channels = block.Channels;
            if (block.Tap is null)
                continue;
            AppendRectified(block.Tap, sinceTap);
            sinceTap = [];
        }

        AppendPooled();
        var fc = Add("fc", new Linear(channels, classes));
        End(fc);
        InitialWeights.Convolutions(this);
        using var noGrad = GradMode.Disable();
        double bound = 1 / Math.Sqrt(classes);
        fc.Weight.Uniform_(-bound, bound);
        fc.Bias!.Zero_();
    }

    /// <summary>mobilenet_v1.</summary>
    public static IEnumerable<ModelEntry> Models => [new("mobilenet_v1", 224, classes => new MobileNetV1(classes))];

    private void AppendRectified(string tap, List<Sequential> blocks) => Append(
        tap,
        (input, taps) =>
        {
            if (blocks.Count == 1)
                return taps.Rectify(tap, input, blocks[0]);
            using Tensor before = blocks[1..^1].Aggregate(blocks[0].Forward(input), (map, block) => map.Through(block));
            return taps.Rectify(tap, before, blocks[^1]);
        },
        blocks, (BatchNorm)blocks[^1][^1]);
}
