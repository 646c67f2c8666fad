using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Vision.Models;

/// <summary>
/// ResNet whose 3×3 convolutions compute with signs: the real-to-binary network (Martinez et al., ICLR 2020, arXiv:2003.11535), a student of
/// SRRL's. Each convolution has a shortcut of its own: norm, sign, convolution, a scale for each channel that the block's input decides, PReLU,
/// and the input added. Stem, shortcuts and classifier are real. It is trained in three steps, each from the weights of the one before
/// (<c>student.checkpoint</c>), for which the parameters have the same names in all: "_tanh" has tanh in the place of signs and real weights,
/// "_act" signs of what the convolutions see and real weights, and the last signs of both.
/// </summary>
/// <remarks>
/// Taps of binary_resnet20 on a 32×32 image: stem [16, 32, 32], stage1 [16, 32, 32], stage2 [32, 16, 16], stage3 [64, 8, 8], pooled [64]; of
/// binary_resnet18 on 224×224: stem [64, 112, 112] (before the max pooling), stage1 [64, 56, 56] … stage4 [512, 7, 7], pooled [512]. The stem is
/// after its ReLU, stages are bare sums of both signs and have no activation of their own.
/// </remarks>
public sealed class BinaryResNet : ChainNetwork
{
    private enum Signs
    {
        /// <summary>Nowhere: tanh instead.</summary>
        None,

        /// <summary>Of what convolutions see.</summary>
        Activations,

        /// <summary>Of their weights too.</summary>
        All,
    }

    private BinaryResNet(Signs signs, Conv2d stem, MaxPool2d? pool, int width, IReadOnlyList<int> convolutions, int classes)
        : base(classes)
    {
        AppendStem(stem, channels: width);
        int channels = width;
        for (int s = 0; s < convolutions.Count; s++)
        {
            var blocks = new Layer[convolutions[s]];
            for (int b = 0; b < blocks.Length; b++)
            {
                blocks[b] = new Block(channels, width << s, stride: s > 0 && b == 0 ? 2 : 1, signs);
                channels = width << s;
            }

            Sequential stage = Add($"layer{s + 1}", new Sequential(blocks));
            Append($"stage{s + 1}", s == 0 && pool is not null ? input => pool.Forward(input).Through(stage) : stage.Forward, [stage]);
        }

        AppendPooled();
        End(Add("fc", new Linear(channels, classes)));
        InitialWeights.Convolutions(this);
    }

    /// <summary>binary_resnet20 for 32×32 images and binary_resnet18 for 224×224, with what they are trained from.</summary>
    public static IEnumerable<ModelEntry> Models =>
        ((IEnumerable<(string Suffix, Signs Signs)>)[("_tanh", Signs.None), ("_act", Signs.Activations), ("", Signs.All)]).SelectMany(step => (ModelEntry[])
        [
            new($"binary_resnet20{step.Suffix}", 32, classes => new BinaryResNet(
                step.Signs, new Conv2d(3, 16, kernelSize: 3, padding: 1, bias: false), pool: null, 16, [6, 6, 6], classes)),
            new($"binary_resnet18{step.Suffix}", 224, classes => new BinaryResNet(
                step.Signs, new Conv2d(3, 64, kernelSize: 7, stride: 2, padding: 3, bias: false), new MaxPool2d(kernelSize: 3, stride: 2, padding: 1), 64,
                [4, 4, 4, 4], classes)),
        ]);

    /// <summary>One convolution and the shortcut around it.</summary>
    private sealed class Block : Layer
    {
        private const int Reduction = 8; // of the channels, in what decides the scale

        private readonly BatchNorm2d _norm;
        private readonly Layer _activation, _conv;
        private readonly Sequential _scale;
        private readonly PReLU _prelu;
        private readonly Sequential? _downsample;

        public Block(int inputs, int outputs, int stride, Signs signs)
        {
            _norm = Add("bn", new BatchNorm2d(inputs));
            _activation = Add("activation", signs == Signs.None ? (Layer)new Tanh() : new Sign());
            _conv = Add("conv", signs == Signs.All
                ? (Layer)new BinaryConv2d(inputs, outputs, kernelSize: 3, stride: stride, padding: 1)
                : new Conv2d(inputs, outputs, kernelSize: 3, stride: stride, padding: 1, bias: false));
            _scale = Add("scale", new Sequential(
                new Conv2d(inputs, inputs / Reduction, kernelSize: 1, bias: false), new ReLU(inPlace: true),
                new Conv2d(inputs / Reduction, outputs, kernelSize: 1, bias: false), new Sigmoid()));
            _prelu = Add("prelu", new PReLU(outputs));
            if (stride != 1 || inputs != outputs)
            {
                _downsample = Add("downsample", new Sequential(
                    new AvgPool2d(kernelSize: stride, ceilMode: true, countIncludePad: false), new Conv2d(inputs, outputs, kernelSize: 1, bias: false), new BatchNorm2d(outputs)));
            }
        }

        public override Tensor Forward(Tensor input)
        {
            using Tensor convolved = _norm.Forward(input).Through(_activation).Through(_conv);
            using Tensor scale = input.Mean([2, 3], keepdim: true).Through(_scale);
            Tensor output = convolved.Mul(scale).Through(_prelu);
            if (_downsample is null)
                return output.Add_(input);
            using Tensor shortcut = _downsample.Forward(input);
            return output.Add_(shortcut);
        }
    }
}
