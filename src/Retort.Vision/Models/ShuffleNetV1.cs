using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Vision.Models;

/// <summary>
/// ShuffleNet with 3 groups for 32×32 images (Zhang et al., arXiv:1707.01083, table 1) with RepDistiller's state-dict names: a 1×1
/// convolution as stem, no pooling after it.
/// </summary>
/// <remarks>
/// Taps of a 32×32 image: stem [24, 32, 32], stage1 [240, 16, 16], stage2 [480, 8, 8], stage3 [960, 4, 4], pooled [960]. All are after the
/// ReLU; ".preact" of a stage is the sum before its last ReLU.
/// </remarks>
public sealed class ShuffleNetV1 : ChainNetwork
{
    private const int Stem = 24, Groups = 3;

    private static readonly (int Channels, int Blocks)[] Sizes = [(240, 4), (480, 8), (960, 4)];

    /// <summary>Makes a network with PyTorch's default initialisation, as RepDistiller does.</summary>
    /// <param name="classes">Length of the logits.</param>
    public ShuffleNetV1(int classes)
        : base(classes)
    {
        AppendStem(new Conv2d(3, Stem, kernelSize: 1, bias: false), channels: Stem);
        int channels = Stem;
        for (int s = 0; s < Sizes.Length; s++)
        {
            var blocks = new Unit[Sizes[s].Blocks];
            for (int b = 0; b < blocks.Length; b++)
            {
                blocks[b] = new Unit(channels, Sizes[s].Channels, halves: b == 0);
                channels = Sizes[s].Channels;
            }

            var stage = Add($"layer{s + 1}", new ResidualStage($"stage{s + 1}", blocks));
            Append(stage.Tap, stage.Forward, [stage]); // RepDistiller has no norms for margins here
        }

        AppendPooled();
        End(Add("linear", new Linear(channels, classes)));
    }

    /// <summary>ShuffleV1.</summary>
    public static IEnumerable<ModelEntry> Models => [new("ShuffleV1", 32, classes => new ShuffleNetV1(classes))];

    /// <summary>
    /// Grouped 1×1 convolution, shuffle, depthwise 3×3, grouped 1×1; the input is added, or, where the resolution is halved, pooled and
    /// appended as further channels.
    /// </summary>
    private sealed class Unit : ResidualBlock
    {
        private readonly Conv2d _conv1, _conv2, _conv3;
        private readonly BatchNorm2d _bn1, _bn2, _bn3;
        private readonly AvgPool2d? _pool;

        public Unit(int inputs, int outputs, bool halves)
        {
            Outputs = outputs;
            int made = halves ? outputs - inputs : outputs, width = made / 4;
            int groups = inputs == Stem ? 1 : Groups; // too few channels for groups right after the stem
            _conv1 = Add("conv1", new Conv2d(inputs, width, kernelSize: 1, groups: groups, bias: false));
            _bn1 = Add("bn1", new BatchNorm2d(width));
            _conv2 = Add("conv2", new Conv2d(width, width, kernelSize: 3, stride: halves ? 2 : 1, padding: 1, groups: width, bias: false));
            _bn2 = Add("bn2", new BatchNorm2d(width));
            _conv3 = Add("conv3", new Conv2d(width, made, kernelSize: 1, groups: Groups, bias: false));
            _bn3 = Add("bn3", new BatchNorm2d(made));
            _pool = halves ? new AvgPool2d(kernelSize: 3, stride: 2, padding: 1) : null;
        }

        public override int Outputs { get; }

        public override BatchNorm? LastNorm => _pool is null ? _bn3 : null;

        public override Tensor BeforeActivation(Tensor input)
        {
            Tensor mixed = ChannelShuffle.Apply(_conv1.Forward(input).Rectified(_bn1), _conv1.Groups);
            Tensor made = mixed.Through(_conv2).Rectified(_bn2).Through(_conv3).Through(_bn3);
            if (_pool is null)
                return made.Add_(input);
            using Tensor pooled = _pool.Forward(input);
            using (made)
                return Aten.Cat([made, pooled], 1);
        }
    }
}
