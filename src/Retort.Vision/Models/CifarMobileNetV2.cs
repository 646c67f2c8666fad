using Retort.Torch.Modules;

namespace Retort.Vision.Models;

/// <summary>
/// MobileNetV2 of half width for 32×32 images (Sandler et al., arXiv:1801.04381, table 2) with RepDistiller's state-dict names, its ReLU
/// instead of ReLU6 and no dropout. The stem has stride 2, the second group none.
/// </summary>
/// <remarks>
/// Taps of a 32×32 image: stem [16, 16, 16], stage1 [12, 16, 16], stage2 [16, 8, 8], stage3 [48, 4, 4], stage4 [160, 2, 2], pooled [1280].
/// The stages are the linear outputs of the groups of blocks 1, 2, 4 and 6, of both signs; ".preact" is the same, as RepDistiller has it.
/// "pooled.map" [1280, 2, 2] is behind the last convolution, its norm and ReLU.
/// </remarks>
public sealed class CifarMobileNetV2 : ChainNetwork
{
    private const int Stem = 16, LastChannels = 1280;


    /// <summary>Groups of blocks: expansion, channels (half of the paper's), blocks, stride of the first, tap of the last.</summary>
    private static readonly (int Expansion, int Channels, int Blocks, int Stride, string? Tap)[] Groups =
    [
        (1, 8, 1, 1, null), (6, 12, 2, 1, "stage1"), (6, 16, 3, 2, "stage2"), (6, 32, 4, 2, null), (6, 48, 3, 1, "stage3"),
        (6, 80, 3, 2, null), (6, 160, 1, 1, "stage4"),
    ];

    /// <summary>
    /// Makes a network with RepDistiller's initialisation: convolutions Kaiming normal over fan-out, the classifier normal with standard
    /// deviation 0.01, biases 0.
    /// </summary>
    /// <param name="classes">Length of the logits.</param>
    public CifarMobileNetV2(int classes)
        : base(classes)
    {
        var conv1 = Add("conv1", Activated(new Conv2d(3, Stem, kernelSize: 3, stride: 2, padding: 1, bias: false), Stem));
        Append("stem", conv1.Forward, [conv1]);
        var groups = Add("blocks", new ModuleList<Sequential>());
        List<Layer> sinceTap = [];
        int channels = Stem;
        foreach (var group in Groups)
        {
            var blocks = new InvertedResidual[group.Blocks];
            for (int b = 0; b < blocks.Length; b++)
            {
                blocks[b] = Block(channels, group.Channels, b == 0 ? group.Stride : 1, group.Expansion);
                channels = group.Channels;
            }

            sinceTap.Add(groups.Append(new Sequential(blocks)));
            if (group.Tap is null)
                continue;
            Append(group.Tap, sinceTap, blocks[^1].LastNorm);
            sinceTap = [];
        }

        var conv2 = Add("conv2", Activated(new Conv2d(channels, LastChannels, kernelSize: 1, bias: false), LastChannels));
        AppendPooled(conv2.Forward, [conv2]);
        var classifier = new Linear(LastChannels, classes);
        End(classifier, Add("classifier", new Sequential(classifier)));
        InitialWeights.Convolutions(this);
        InitialWeights.SmallClassifier(classifier);
    }

    /// <summary>MobileNetV2.</summary>
    public static IEnumerable<ModelEntry> Models => [new("MobileNetV2", 32, classes => new CifarMobileNetV2(classes))];

    private static Sequential Activated(Conv2d convolution, int channels) =>
        new(convolution, new BatchNorm2d(channels), new ReLU(inPlace: true));

    private static InvertedResidual Block(int inputs, int outputs, int stride, int expansion)
    {
        int width = inputs * expansion; // a factor of 1 has its convolution too, unlike in torchvision
        return new InvertedResidual(
            new Sequential(
                new Conv2d(inputs, width, kernelSize: 1, bias: false), new BatchNorm2d(width), new ReLU(inPlace: true),
                new Conv2d(width, width, kernelSize: 3, stride: stride, padding: 1, groups: width, bias: false),
                new BatchNorm2d(width), new ReLU(inPlace: true),
                new Conv2d(width, outputs, kernelSize: 1, bias: false), new BatchNorm2d(outputs)),
            addsInput: stride == 1 && inputs == outputs);
    }
}
