using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Vision.Models;

/// <summary>
/// ShuffleNetV2 1× for 32×32 images (Ma et al., arXiv:1807.11164, table 5) with RepDistiller's state-dict names: a 1×1 convolution as
/// stem, no pooling after it.
/// </summary>
/// <remarks>
/// Taps of a 32×32 image: stem [24, 32, 32], stage1 [116, 16, 16], stage2 [232, 8, 8], stage3 [464, 4, 4], pooled [1024]. All are after the
/// ReLU. ".preact" of a stage has the channels in another order: first the half that passes its last unit by, then the other half before
/// its ReLU, not shuffled, as RepDistiller gives it. "pooled.map" [1024, 4, 4] is behind the last convolution.
/// </remarks>
public sealed class ShuffleNetV2 : ChainNetwork
{
    private const int Stem = 24, LastChannels = 1024, Halves = 2;

    private static readonly (int Channels, int Units)[] Sizes = [(116, 3), (232, 7), (464, 3)];

    /// <summary>Makes a network with PyTorch's default initialisation, as RepDistiller does.</summary>
    /// <param name="classes">Length of the logits.</param>
    public ShuffleNetV2(int classes)
        : base(classes)
    {
        AppendStem(new Conv2d(3, Stem, kernelSize: 1, bias: false), channels: Stem);
        int channels = Stem;
        for (int s = 0; s < Sizes.Length; s++)
        {
            List<Layer> units = [new HalvingUnit(channels, Sizes[s].Channels)];
            channels = Sizes[s].Channels;
            for (int u = 0; u < Sizes[s].Units; u++)
                units.Add(new Unit(channels));
            var stage = Add($"layer{s + 1}", new Sequential(units));
            string tap = $"stage{s + 1}";
            Append(tap, (input, taps) => RunStage(stage, tap, input, taps), [stage]);
        }

        var conv2 = Add("conv2", new Conv2d(channels, LastChannels, kernelSize: 1, bias: false));
        var bn2 = Add("bn2", new BatchNorm2d(LastChannels));
        AppendPooled(map => conv2.Forward(map).Rectified(bn2), [conv2, bn2]);
        End(Add("linear", new Linear(LastChannels, classes)));
    }

    /// <summary>ShuffleV2.</summary>
    public static IEnumerable<ModelEntry> Models => [new("ShuffleV2", 32, classes => new ShuffleNetV2(classes))];

    private static Tensor RunStage(Sequential units, string tap, Tensor input, TapCollector wanted)
    {
        Tensor x = input;
        for (int u = 0; u < units.Count - 1; u++)
        {
            Tensor previous = x;
            x = units[u].Forward(previous);
            if (u > 0)
                previous.Dispose();
        }

        var last = (Unit)units[^1];
        using Tensor passed = last.Passed(x), before = last.BeforeActivation(x);
        if (wanted.Wants(tap + PreActivation))
            wanted.Offer(tap + PreActivation, Aten.Cat([passed, before], 1));
        x = Join(passed, before.Relu_());
        wanted.Offer(tap, x);
        return x;
    }

    /// <summary>Both halves of the channels, in turn.</summary>
    private static Tensor Join(Tensor first, Tensor second) => ChannelShuffle.Apply(Aten.Cat([first, second], 1), Halves);

    /// <summary>Half of the channels passes by; the other goes through a 1×1, a depthwise 3×3 and a 1×1 convolution (figure 3c).</summary>
    private sealed class Unit : Layer
    {
        private readonly int _half;
        private readonly Conv2d _conv1, _conv2, _conv3;
        private readonly BatchNorm2d _bn1, _bn2, _bn3;

        public Unit(int channels)
        {
            _half = channels / Halves;
            _conv1 = Add("conv1", new Conv2d(_half, _half, kernelSize: 1, bias: false));
            _bn1 = Add("bn1", new BatchNorm2d(_half));
            _conv2 = Add("conv2", new Conv2d(_half, _half, kernelSize: 3, padding: 1, groups: _half, bias: false));
            _bn2 = Add("bn2", new BatchNorm2d(_half));
            _conv3 = Add("conv3", new Conv2d(_half, _half, kernelSize: 1, bias: false));
            _bn3 = Add("bn3", new BatchNorm2d(_half));
        }

        /// <summary>The half that passes by: a view.</summary>
        public Tensor Passed(Tensor input) => input.Slice(1, 0, _half);

        /// <summary>The other half, before its last ReLU.</summary>
        public Tensor BeforeActivation(Tensor input) =>
            input.Slice(1, _half).Through(_conv1).Rectified(_bn1).Through(_conv2).Through(_bn2).Through(_conv3).Through(_bn3);

        public override Tensor Forward(Tensor input)
        {
            using Tensor passed = Passed(input), before = BeforeActivation(input);
            return Join(passed, before.Relu_());
        }
    }

    /// <summary>All channels go through two branches of stride 2, which make half of the output each (figure 3d).</summary>
    private sealed class HalvingUnit : Layer
    {
        private readonly Conv2d _conv1, _conv2, _conv3, _conv4, _conv5;
        private readonly BatchNorm2d _bn1, _bn2, _bn3, _bn4, _bn5;

        public HalvingUnit(int inputs, int outputs)
        {
            int half = outputs / Halves;
            _conv1 = Add("conv1", new Conv2d(inputs, inputs, kernelSize: 3, stride: 2, padding: 1, groups: inputs, bias: false));
            _bn1 = Add("bn1", new BatchNorm2d(inputs));
            _conv2 = Add("conv2", new Conv2d(inputs, half, kernelSize: 1, bias: false));
            _bn2 = Add("bn2", new BatchNorm2d(half));
            _conv3 = Add("conv3", new Conv2d(inputs, half, kernelSize: 1, bias: false));
            _bn3 = Add("bn3", new BatchNorm2d(half));
            _conv4 = Add("conv4", new Conv2d(half, half, kernelSize: 3, stride: 2, padding: 1, groups: half, bias: false));
            _bn4 = Add("bn4", new BatchNorm2d(half));
            _conv5 = Add("conv5", new Conv2d(half, half, kernelSize: 1, bias: false));
            _bn5 = Add("bn5", new BatchNorm2d(half));
        }

        public override Tensor Forward(Tensor input)
        {
            using Tensor left = _conv1.Forward(input).Through(_bn1).Through(_conv2).Rectified(_bn2);
            using Tensor right = _conv3.Forward(input).Rectified(_bn3).Through(_conv4).Through(_bn4).Through(_conv5).Rectified(_bn5);
            return Join(left, right);
        }
    }
}
