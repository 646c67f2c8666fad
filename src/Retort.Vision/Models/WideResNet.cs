using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Vision.Models;

/// <summary>
/// Wide residual network for 32×32 images (Zagoruyko and Komodakis, arXiv:1605.07146) with RepDistiller's state-dict names: three stages
/// of (depth − 4) / 6 blocks in which norm and ReLU come before the convolutions; a shortcut is a 1×1 convolution without norm where
/// the channels change. No dropout.
/// </summary>
/// <remarks>
/// Taps of a 32×32 image: stem [16, 32, 32], stage1 [16w, 32, 32], stage2 [32w, 16, 16], stage3 [64w, 8, 8], pooled [64w]. The stem is the
/// bare convolution and the stages are bare sums, of both signs; "pooled" and its map "pooled.map" are after the last norm and ReLU.
/// ".preact" of a stage is its sum after the norm that follows: the first of the next stage, or the network's last. That norm runs anyway,
/// so the tap costs nothing and the running statistics move once per batch; RepDistiller's code, which runs it again for its list, moves
/// them twice in train mode.
/// </remarks>
public sealed class WideResNet : ChainNetwork
{
    private const int Stem = 16, Stages = 3;

    /// <summary>Makes a network with RepDistiller's initialisation: convolutions Kaiming normal over fan-out, the classifier's bias 0.</summary>
    /// <param name="depth">6n + 4.</param>
    /// <param name="width">Factor on the channels of the stages, 16, 32 and 64.</param>
    /// <param name="classes">Length of the logits.</param>
    public WideResNet(int depth, int width, int classes)
        : base(classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (depth < 10 || (depth - 4) % 6 != 0)
            throw new ArgumentOutOfRangeException(nameof(depth), depth, "A wide ResNet has 6n + 4 layers: 10, 16, 22, ...");

        var conv1 = Add("conv1", new Conv2d(3, Stem, kernelSize: 3, padding: 1, bias: false));
        Append("stem", conv1.Forward, [conv1]);
        int channels = Stem;
        var stages = new Stage[Stages];
        for (int s = 0; s < Stages; s++)
        {
            int outputs = (Stem * width) << s;
            var blocks = new Block[(depth - 4) / 6];
            for (int b = 0; b < blocks.Length; b++)
                blocks[b] = new Block(b == 0 ? channels : outputs, outputs, stride: b == 0 && s > 0 ? 2 : 1);
            stages[s] = Add($"block{s + 1}", new Stage(blocks, tap: $"stage{s + 1}", before: s == 0 ? null : $"stage{s}"));
            channels = outputs;
        }

        var bn1 = Add("bn1", new BatchNorm2d(channels));
        for (int s = 0; s < Stages; s++)
            Append($"stage{s + 1}", stages[s].Forward, [stages[s]], norm: s + 1 < Stages ? stages[s + 1].Norm : bn1);
        AppendPooled((sum, taps) => Activate(bn1, sum, $"stage{Stages}", taps), [bn1]);
        var fc = Add("fc", new Linear(channels, classes));
        End(fc);
        InitialWeights.Convolutions(this);
        Init.Constant_(fc.Bias!, 0);
    }

    /// <summary>wrn_16_1, wrn_16_2, wrn_40_1, wrn_40_2: depth and width.</summary>
    public static IEnumerable<ModelEntry> Models =>
        ((IEnumerable<(int Depth, int Width)>)[(16, 1), (16, 2), (40, 1), (40, 2)]).Select(size =>
            new ModelEntry($"wrn_{size.Depth}_{size.Width}", 32, classes => new WideResNet(size.Depth, size.Width, classes)));

    /// <summary>Norm and ReLU of a sum.</summary>
    /// <param name="norm">The norm.</param>
    /// <param name="sum">Borrowed.</param>
    /// <param name="tap">The tap that the sum is; what the norm makes of it is the tap before the activation. Null for the stem.</param>
    /// <param name="taps">Is offered the latter.</param>
    private static Tensor Activate(BatchNorm2d norm, Tensor sum, string? tap, TapCollector taps)
    {
        if (tap is null || !taps.Wants(tap + PreActivation))
            return norm.Rectified(sum);
        Tensor normal = norm.Forward(sum);
        taps.Offer(tap + PreActivation, normal);
        return normal.Relu();
    }

    /// <summary>Blocks at one resolution, under the name "layer".</summary>
    private sealed class Stage : Module
    {
        private readonly ModuleList<Block> _blocks;
        private readonly string _tap;
        private readonly string? _before;

        public Stage(IReadOnlyList<Block> blocks, string tap, string? before)
        {
            _blocks = Add("layer", new ModuleList<Block>(blocks));
            (_tap, _before) = (tap, before);
        }

        /// <summary>The norm that comes first.</summary>
        public BatchNorm2d Norm => _blocks[0].Norm;

        public Tensor Forward(Tensor input, TapCollector taps)
        {
            using Tensor active = Activate(Norm, input, _before, taps);
            Tensor sum = _blocks[0].Forward(input, active);
            for (int b = 1; b < _blocks.Count; b++)
            {
                using Tensor previous = sum, activeAgain = Activate(_blocks[b].Norm, previous, tap: null, taps);
                sum = _blocks[b].Forward(previous, activeAgain);
            }

            taps.Offer(_tap, sum);
            return sum;
        }
    }

    /// <summary>Norm, ReLU, convolution, norm, ReLU, convolution, and a shortcut; the first two are run by the stage.</summary>
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
            Tensor residual = _conv1.Forward(active).Rectified(_bn2).Through(_conv2);
            if (_convShortcut is null)
                return residual.Add_(input);
            using Tensor shortcut = _convShortcut.Forward(active);
            return residual.Add_(shortcut);
        }
    }
}
