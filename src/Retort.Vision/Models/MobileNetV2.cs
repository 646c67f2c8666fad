using Retort.Torch.Modules;

namespace Retort.Vision.Models;

/// <summary>
/// MobileNetV2 for 224×224 images (Sandler et al., arXiv:1801.04381, table 2) with torchvision's state-dict names, ReLU6, and dropout
/// before the classifier.
/// </summary>
/// <remarks>
/// Taps of a 224×224 image: stem [32, 112, 112], stage1 [24, 56, 56], stage2 [32, 28, 28], stage3 [96, 14, 14], stage4 [320, 7, 7], pooled
/// [1280] before the dropout. The stages are linear outputs of blocks, of both signs; ".preact" is the same.
/// "pooled.map" [1280, 7, 7] is behind the last convolution, its norm and ReLU6.
/// </remarks>
public sealed class MobileNetV2 : ChainNetwork
{
    private const int Stem = 32, LastChannels = 1280;


    /// <summary>Groups of blocks: expansion, channels, blocks, stride of the first, tap of the last.</summary>
    private static readonly (int Expansion, int Channels, int Blocks, int Stride, string? Tap)[] Groups =
    [
        (1, 16, 1, 1, null), (6, 24, 2, 2, "stage1"), (6, 32, 3, 2, "stage2"), (6, 64, 4, 2, null), (6, 96, 3, 1, "stage3"),
        (6, 160, 3, 2, null), (6, 320, 1, 1, "stage4"),
    ];

    /// <summary>
    /// Makes a network with torchvision's initialisation: convolutions Kaiming normal over fan-out, the classifier normal with standard
    /// deviation 0.01, biases 0.
    /// </summary>
    /// <param name="classes">Length of the logits.</param>
    /// <param name="dropout">Probability of an element of the pooled vector to become zero in training, in [0, 1].</param>
    public MobileNetV2(int classes, double dropout = 0.2)
        : base(classes)
    {
        var features = Add("features", new ModuleList<Layer>());
        Sequential stem = Activated(3, Stem, kernelSize: 3, stride: 2);
        features.Append(stem);
        Append("stem", stem.Forward, [stem]);
        List<Layer> sinceTap = [];
        int channels = Stem;
        foreach (var group in Groups)
        {
            for (int b = 0; b < group.Blocks; b++)
            {
                InvertedResidual block = Block(channels, group.Channels, b == 0 ? group.Stride : 1, group.Expansion);
                sinceTap.Add(features.Append(block));
                channels = group.Channels;
                if (b < group.Blocks - 1 || group.Tap is null)
                    continue;
                Append(group.Tap, sinceTap, block.LastNorm);
                sinceTap = [];
            }
        }

        Sequential last = Activated(channels, LastChannels, kernelSize: 1);
        features.Append(last);
        AppendPooled(last.Forward, [last]);
        var fc = new Linear(LastChannels, classes);
        End(fc, Add("classifier", new Sequential(new Dropout(dropout), fc)));
        InitialWeights.Convolutions(this);
        InitialWeights.SmallClassifier(fc);
    }

    /// <summary>mobilenet_v2.</summary>
    public static IEnumerable<ModelEntry> Models => [new("mobilenet_v2", 224, classes => new MobileNetV2(classes))];

    private static Sequential Activated(int inputs, int outputs, int kernelSize, int stride = 1, int groups = 1) => new(
        new Conv2d(inputs, outputs, kernelSize, stride, padding: kernelSize / 2, groups: groups, bias: false),
        new BatchNorm2d(outputs), new ReLU6(inPlace: true));

    private static InvertedResidual Block(int inputs, int outputs, int stride, int expansion)
    {
        int width = inputs * expansion;
        List<Layer> layers = [];
        if (expansion > 1)
            layers.Add(Activated(inputs, width, kernelSize: 1));
        layers.Add(Activated(width, width, kernelSize: 3, stride, groups: width));
        layers.Add(new Conv2d(width, outputs, kernelSize: 1, bias: false));
        layers.Add(new BatchNorm2d(outputs));
        return new InvertedResidual(new Sequential(layers), addsInput: stride == 1 && inputs == outputs);
    }
}
