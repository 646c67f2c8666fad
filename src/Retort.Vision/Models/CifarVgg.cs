using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Vision.Models;

/// <summary>
/// VGG for 32×32 images (Simonyan and Zisserman, arXiv:1409.1556) with RepDistiller's state-dict names: five blocks of 3×3 convolutions
/// with bias, each with batch norm and ReLU (its <c>vggN_bn</c>), and one linear classifier.
/// </summary>
/// <remarks>
/// Taps of a 32×32 image: stem (block 0) [64, 32, 32], stage1 [128, 16, 16], stage2 [256, 8, 8], stage3 and stage4 [512, 4, 4], pooled
/// [512]. Blocks are pooled before the next, but block 3 only for images of 64 pixels, whose maps have 8 rows there. All taps are after the ReLU; ".preact" of a stage is
/// the output of its last batch norm.
/// </remarks>
public sealed class CifarVgg : ChainNetwork
{
    private static readonly int[] Widths = [64, 128, 256, 512, 512];
    private static readonly MaxPool2d Pool = new(kernelSize: 2);

    /// <summary>
    /// Makes a network with RepDistiller's initialisation: convolutions Kaiming normal over fan-out, the classifier normal with standard
    /// deviation 0.01, biases 0.
    /// </summary>
    /// <param name="convolutions">Number of convolutions of each of the five blocks.</param>
    /// <param name="classes">Length of the logits.</param>
    public CifarVgg(IReadOnlyList<int> convolutions, int classes)
        : base(classes)
    {
        if (convolutions.Count != Widths.Length || convolutions.Any(count => count < 1))
        {
            throw new ArgumentException(
                $"A VGG has five blocks of at least one convolution, not {string.Join(", ", convolutions)}.", nameof(convolutions));
        }

        int channels = 3;
        for (int block = 0; block < Widths.Length; block++)
        {
            List<Layer> layers = [];
            for (int i = 0; i < convolutions[block]; i++)
            {
                if (i > 0)
                    layers.Add(new ReLU(inPlace: true)); // the last ReLU is not the block's: the taps lie before and after it
                layers.Add(new Conv2d(channels, Widths[block], kernelSize: 3, padding: 1));
                layers.Add(new BatchNorm2d(Widths[block]));
                channels = Widths[block];
            }

            Append(block, Add($"block{block}", new Sequential(layers)));
        }

        AppendPooled();
        var classifier = Add("classifier", new Linear(channels, classes));
        End(classifier);
        InitialWeights.Convolutions(this);
        InitialWeights.SmallClassifier(classifier);
    }

    /// <summary>vgg8, vgg11, vgg13, vgg16, vgg19, all with batch norm.</summary>
    public static IEnumerable<ModelEntry> Models =>
    [
        new("vgg8", 32, classes => new CifarVgg([1, 1, 1, 1, 1], classes)),
        new("vgg11", 32, classes => new CifarVgg([1, 1, 2, 2, 2], classes)),
        new("vgg13", 32, classes => new CifarVgg([2, 2, 2, 2, 2], classes)),
        new("vgg16", 32, classes => new CifarVgg([2, 2, 3, 3, 3], classes)),
        new("vgg19", 32, classes => new CifarVgg([2, 2, 4, 4, 4], classes)),
    ];

    private void Append(int number, Sequential block)
    {
        if (number == 0)
        {
            Append("stem", block.Rectified, [block]);
            return;
        }

        string tap = $"stage{number}";
        Append(
            tap,
            (input, taps) =>
            {
                if (number == 4 && input.Size(2) != 8)
                    return taps.Rectify(tap, input, block);
                using Tensor pooled = Pool.Forward(input);
                return taps.Rectify(tap, pooled, block);
            },
            [block], (BatchNorm)block[^1]);
    }
}
