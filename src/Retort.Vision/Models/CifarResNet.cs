using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;

namespace Retort.Vision.Models;

/// <summary>
/// ResNet for 32×32 images (He et al., arXiv:1512.03385, section 4.2) with RepDistiller's state-dict names: three stages of
/// (depth − 2) / 6 basic blocks, 1×1 convolution shortcuts, no pooling after the stem.
/// </summary>
/// <remarks>
/// Taps of a 32×32 image: stem [16, 32, 32], stage1 [16, 32, 32], stage2 [32, 16, 16], stage3 [64, 8, 8], pooled [64]; four times the
/// channels (stem twice) in the "x4" models. All are after the ReLU; ".preact" of a stage is the sum before its last ReLU.
/// </remarks>
public sealed class CifarResNet : Network
{
    private static readonly int[] Depths = [8, 14, 20, 32, 44, 56, 110];
    private static readonly string[] Taps = ["stem", "stage1", "stage2", "stage3", "pooled"];

    private readonly Conv2d _conv1;
    private readonly BatchNorm2d _bn1;
    private readonly BasicBlock[][] _stages;
    private readonly Linear _fc;

    /// <summary>Makes a network with RepDistiller's initialisation: convolutions Kaiming normal over fan-out, batch norms 1 and 0.</summary>
    /// <param name="depth">6n + 2.</param>
    /// <param name="stem">Channels of the first convolution.</param>
    /// <param name="width">Channels of the first stage, doubled in each of the next.</param>
    /// <param name="classes">Length of the logits.</param>
    public CifarResNet(int depth, int stem, int width, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        if (depth < 8 || (depth - 2) % 6 != 0)
            throw new ArgumentOutOfRangeException(nameof(depth), depth, "A CIFAR ResNet has 6n + 2 layers: 8, 14, 20, ...");

        Classes = classes;
        _conv1 = Add("conv1", new Conv2d(3, stem, kernelSize: 3, padding: 1, bias: false));
        _bn1 = Add("bn1", new BatchNorm2d(stem));
        int channels = stem;
        _stages = new BasicBlock[3][];
        for (int s = 0; s < 3; s++)
        {
            var blocks = new BasicBlock[(depth - 2) / 6];
            for (int b = 0; b < blocks.Length; b++)
            {
                blocks[b] = new BasicBlock(channels, width << s, stride: b == 0 && s > 0 ? 2 : 1);
                channels = width << s;
            }

            _stages[s] = blocks;
            Add($"layer{s + 1}", new Sequential(blocks));
        }

        _fc = Add("fc", new Linear(channels, classes));
        foreach (var (_, module) in NamedModules())
        {
            if (module is Conv2d conv)
                Init.KaimingNormal_(conv.Weight, fanOut: true);
        }
    }

    /// <summary>resnet8 … resnet110, and resnet8x4 … resnet32x4 with four times the channels.</summary>
    public static IEnumerable<ModelEntry> Models =>
        Depths.Select(depth => new ModelEntry($"resnet{depth}", 32, classes => new CifarResNet(depth, 16, 16, classes)))
            .Concat(Depths.Where(d => d is 8 or 14 or 20 or 32).Select(depth =>
                new ModelEntry($"resnet{depth}x4", 32, classes => new CifarResNet(depth, 32, 64, classes))));

    /// <inheritdoc/>
    public override int Classes { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> TapNames => Taps;

    /// <inheritdoc/>
    public override Linear? Classifier => _fc;

    /// <inheritdoc/>
    public override BatchNorm? NormOf(string tap)
    {
        for (int s = 0; s < _stages.Length; s++)
        {
            if (tap == $"stage{s + 1}{PreActivation}")
                return _stages[s][^1].LastNorm;
        }

        return null;
    }

    /// <inheritdoc/>
    public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps)
    {
        var wanted = new TapCollector(taps);
        Tensor x = _bn1.Forward(_conv1.Forward(images)).Relu_();
        wanted.Offer("stem", x);
        wanted.Offer("stem" + PreActivation, x); // RepDistiller gives the stem as it is in both lists
        for (int s = 0; s < 3; s++)
        {
            for (int b = 0; b < _stages[s].Length; b++)
            {
                Tensor sum = _stages[s][b].Sum(x);
                bool keepSum = b == _stages[s].Length - 1 && wanted.Offer($"stage{s + 1}{PreActivation}", sum);
                x = keepSum ? sum.Relu() : sum.Relu_();
            }

            wanted.Offer($"stage{s + 1}", x);
        }

        Tensor pooled = x.Mean([2, 3]);
        wanted.Offer("pooled", pooled);
        wanted.Offer("pooled" + PreActivation, pooled);
        return new NetworkOutput(_fc.Forward(pooled), wanted.Taps);
    }

    /// <summary>Two 3×3 convolutions and a shortcut.</summary>
    private sealed class BasicBlock : Layer
    {
        private readonly Conv2d _conv1;
        private readonly BatchNorm2d _bn1;
        private readonly Conv2d _conv2;
        private readonly BatchNorm2d _bn2;
        private readonly Sequential? _downsample;

        public BasicBlock(int inputs, int outputs, int stride)
        {
            _conv1 = Add("conv1", new Conv2d(inputs, outputs, kernelSize: 3, stride: stride, padding: 1, bias: false));
            _bn1 = Add("bn1", new BatchNorm2d(outputs));
            _conv2 = Add("conv2", new Conv2d(outputs, outputs, kernelSize: 3, padding: 1, bias: false));
            _bn2 = Add("bn2", new BatchNorm2d(outputs));
            if (stride != 1 || inputs != outputs)
            {
                _downsample = Add("downsample", new Sequential(
                    new Conv2d(inputs, outputs, kernelSize: 1, stride: stride, bias: false), new BatchNorm2d(outputs)));
            }
        }

        public BatchNorm LastNorm => _bn2;

        /// <summary>The block without its last ReLU.</summary>
        public Tensor Sum(Tensor input)
        {
            Tensor residual = _bn2.Forward(_conv2.Forward(_bn1.Forward(_conv1.Forward(input)).Relu_()));
            return residual.Add_(_downsample is null ? input : _downsample.Forward(input));
        }

        public override Tensor Forward(Tensor input) => Sum(input).Relu_();
    }
}
