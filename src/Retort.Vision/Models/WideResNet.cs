using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;

namespace Retort.Vision.Models;

/// <summary>
/// Wide residual network for 32×32 images (Zagoruyko and Komodakis, arXiv:1605.07146) with RepDistiller's state-dict names: three stages
/// of (depth − 4) / 6 blocks in which norm and ReLU come before the convolutions; a shortcut is a 1×1 convolution without norm where
/// the channels change. No dropout.
/// </summary>
/// <remarks>
/// Taps of a 32×32 image: stem [16, 32, 32], stage1 [16w, 32, 32], stage2 [32w, 16, 16], stage3 [64w, 8, 8], pooled [64w]. The stem is the
/// bare convolution and the stages are bare sums, of both signs; "pooled" is after the last norm and ReLU. ".preact" of a stage is its sum
/// after the norm that follows: the first of the next stage, or the network's last. That norm runs anyway, so the tap costs nothing and
/// the running statistics move once per batch; RepDistiller's code, which runs it again for its list, moves them twice in train mode.
/// </remarks>
public sealed class WideResNet : Network
{
    private const int Stem = 16;

    private static readonly string[] Taps = ["stem", "stage1", "stage2", "stage3", "pooled"];

    private readonly Conv2d _conv1;
    private readonly Stage[] _stages;
    private readonly BatchNorm2d _bn1;
    private readonly Linear _fc;

    /// <summary>Makes a network with RepDistiller's initialisation: convolutions Kaiming normal over fan-out, the classifier's bias 0.</summary>
    /// <param name="depth">6n + 4.</param>
    /// <param name="width">Factor on the channels of the stages, 16, 32 and 64.</param>
    /// <param name="classes">Length of the logits.</param>
    public WideResNet(int depth, int width, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        if (depth < 10 || (depth - 4) % 6 != 0)
            throw new ArgumentOutOfRangeException(nameof(depth), depth, "A wide ResNet has 6n + 4 layers: 10, 16, 22, ...");

        Classes = classes;
        _conv1 = Add("conv1", new Conv2d(3, Stem, kernelSize: 3, padding: 1, bias: false));
        int channels = Stem;
        _stages = new Stage[3];
        for (int s = 0; s < _stages.Length; s++)
        {
            int outputs = (Stem * width) << s;
            var blocks = new Block[(depth - 4) / 6];
            for (int b = 0; b < blocks.Length; b++)
                blocks[b] = new Block(b == 0 ? channels : outputs, outputs, stride: b == 0 && s > 0 ? 2 : 1);
            _stages[s] = Add($"block{s + 1}", new Stage(blocks));
            channels = outputs;
        }

        _bn1 = Add("bn1", new BatchNorm2d(channels));
        _fc = Add("fc", new Linear(channels, classes));
        InitialWeights.Convolutions(this);
        Init.Constant_(_fc.Bias!, 0);
    }

    /// <summary>wrn_16_1, wrn_16_2, wrn_40_1, wrn_40_2: depth and width.</summary>
    public static IEnumerable<ModelEntry> Models =>
        ((IEnumerable<(int Depth, int Width)>)[(16, 1), (16, 2), (40, 1), (40, 2)]).Select(size =>
            new ModelEntry($"wrn_{size.Depth}_{size.Width}", 32, classes => new WideResNet(size.Depth, size.Width, classes)));

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
                return NormAfter(s);
        }

        return null;
    }

    /// <inheritdoc/>
    public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps)
    {
        var wanted = new TapCollector(taps);
        Tensor x = _conv1.Forward(images);
        wanted.OfferBoth("stem", x);
        Tensor active = _stages[0].Blocks[0].Norm.Forward(x).Relu_();
        for (int s = 0; s < _stages.Length; s++)
        {
            ModuleList<Block> blocks = _stages[s].Blocks;
            for (int b = 0; b < blocks.Count; b++)
            {
                Tensor previous = x;
                x = blocks[b].Forward(previous, active);
                active.Dispose();
                if (b > 0) // the first block's input may be a tap
                    previous.Dispose();
                if (b < blocks.Count - 1)
                    active = blocks[b + 1].Norm.Forward(x).Relu_();
            }

            wanted.Offer($"stage{s + 1}", x);
            Tensor normal = NormAfter(s).Forward(x);
            active = wanted.Offer($"stage{s + 1}{PreActivation}", normal) ? normal.Relu() : normal.Relu_();
        }

        Tensor pooled = active.Mean([2, 3]);
        wanted.OfferBoth("pooled", pooled);
        return new NetworkOutput(_fc.Forward(pooled), wanted.Taps);
    }

    private BatchNorm2d NormAfter(int stage) => stage + 1 < _stages.Length ? _stages[stage + 1].Blocks[0].Norm : _bn1;

    /// <summary>Blocks at one resolution, under the name "layer".</summary>
    private sealed class Stage : Module
    {
        public Stage(IReadOnlyList<Block> blocks) => Blocks = Add("layer", new ModuleList<Block>(blocks));

        public ModuleList<Block> Blocks { get; }
    }

    /// <summary>Norm, ReLU, convolution, norm, ReLU, convolution, and a shortcut; the first two are run by the network.</summary>
    private sealed class Block : Module
    {
        private readonly Conv2d _conv1, _conv2;
        private readonly BatchNorm2d _bn2;
        private readonly Conv2d? _convShortcut;

        public Block(int inputs, int outputs, int stride)
        {
            Norm = Add("bn1", new BatchNorm2d(inputs));
            _conv1 = Add("conv1", new Conv2d(inputs, outputs, kernelSize: 3, stride: stride, padding: 1, bias: false));
            _bn2 = Add("bn2", new BatchNorm2d(outputs));
            _conv2 = Add("conv2", new Conv2d(outputs, outputs, kernelSize: 3, padding: 1, bias: false));
            if (inputs != outputs)
                _convShortcut = Add("convShortcut", new Conv2d(inputs, outputs, kernelSize: 1, stride: stride, bias: false));
        }

        /// <summary>The norm that comes first.</summary>
        public BatchNorm2d Norm { get; }

        /// <summary>Runs the block behind its first ReLU.</summary>
        /// <param name="input">The block's input.</param>
        /// <param name="active">The same after norm and ReLU: what the convolutions, and the shortcut's if there is one, see.</param>
        public Tensor Forward(Tensor input, Tensor active)
        {
            Tensor residual = _conv1.Forward(active).Through(_bn2).Relu_().Through(_conv2);
            if (_convShortcut is null)
                return residual.Add_(input);
            using Tensor shortcut = _convShortcut.Forward(active);
            return residual.Add_(shortcut);
        }
    }
}
