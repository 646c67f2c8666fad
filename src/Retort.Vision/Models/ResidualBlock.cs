using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Vision.Models;

/// <summary>A block of convolutions with a shortcut around them, and a ReLU after both.</summary>
internal abstract class ResidualBlock : Layer
{
    /// <summary>Channels of the output.</summary>
    public abstract int Outputs { get; }

    /// <summary>The batch norm whose output the shortcut is added to; null where the two are joined in another way.</summary>
    public abstract BatchNorm? LastNorm { get; }

    /// <summary>The block without its last ReLU.</summary>
    public abstract Tensor BeforeActivation(Tensor input);

    public sealed override Tensor Forward(Tensor input) => BeforeActivation(input).Relu_();

    /// <summary>A strided 1×1 convolution with batch norm where the shapes of input and output differ, otherwise null.</summary>
    protected static Sequential? Shortcut(int inputs, int outputs, int stride) => stride == 1 && inputs == outputs
        ? null
        : new Sequential(new Conv2d(inputs, outputs, kernelSize: 1, stride: stride, bias: false), new BatchNorm2d(outputs));

    /// <summary>Adds the shortcut to the convolutions' output, in place.</summary>
    protected static Tensor AddShortcut(Tensor residual, Tensor input, Sequential? shortcut)
    {
        if (shortcut is null)
            return residual.Add_(input);
        using Tensor projected = shortcut.Forward(input);
        return residual.Add_(projected);
    }
}

/// <summary>Two 3×3 convolutions and a shortcut.</summary>
internal sealed class BasicBlock : ResidualBlock
{
    private readonly Conv2d _conv1, _conv2;
    private readonly BatchNorm2d _bn1, _bn2;
    private readonly Sequential? _downsample;

    public BasicBlock(int inputs, int outputs, int stride)
    {
        Outputs = outputs;
        _conv1 = Add("conv1", new Conv2d(inputs, outputs, kernelSize: 3, stride: stride, padding: 1, bias: false));
        _bn1 = Add("bn1", new BatchNorm2d(outputs));
        _conv2 = Add("conv2", new Conv2d(outputs, outputs, kernelSize: 3, padding: 1, bias: false));
        _bn2 = Add("bn2", new BatchNorm2d(outputs));
        if (Shortcut(inputs, outputs, stride) is { } shortcut)
            _downsample = Add("downsample", shortcut);
    }

    public override int Outputs { get; }

    public override BatchNorm LastNorm => _bn2;

    public override Tensor BeforeActivation(Tensor input) => AddShortcut(
        _conv1.Forward(input).Rectified(_bn1).Through(_conv2).Through(_bn2), input, _downsample);
}

/// <summary>A 1×1 convolution to a quarter of the output's channels, a 3×3 convolution, which has the stride, a 1×1 one back, and a shortcut.</summary>
internal sealed class BottleneckBlock : ResidualBlock
{
    private const int Expansion = 4;

    private readonly Conv2d _conv1, _conv2, _conv3;
    private readonly BatchNorm2d _bn1, _bn2, _bn3;
    private readonly Sequential? _shortcut;

    /// <summary>Makes the block.</summary>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="width">Channels of the 3×3 convolution.</param>
    /// <param name="stride">Of the 3×3 convolution and the shortcut.</param>
    /// <param name="shortcutName">torchvision's "downsample" or RepDistiller's "shortcut".</param>
    public BottleneckBlock(int inputs, int width, int stride, string shortcutName)
    {
        Outputs = width * Expansion;
        _conv1 = Add("conv1", new Conv2d(inputs, width, kernelSize: 1, bias: false));
        _bn1 = Add("bn1", new BatchNorm2d(width));
        _conv2 = Add("conv2", new Conv2d(width, width, kernelSize: 3, stride: stride, padding: 1, bias: false));
        _bn2 = Add("bn2", new BatchNorm2d(width));
        _conv3 = Add("conv3", new Conv2d(width, Outputs, kernelSize: 1, bias: false));
        _bn3 = Add("bn3", new BatchNorm2d(Outputs));
        if (Shortcut(inputs, Outputs, stride) is { } shortcut)
            _shortcut = Add(shortcutName, shortcut);
    }

    public override int Outputs { get; }

    public override BatchNorm LastNorm => _bn3;

    public override Tensor BeforeActivation(Tensor input) => AddShortcut(
        _conv1.Forward(input).Rectified(_bn1).Through(_conv2).Rectified(_bn2).Through(_conv3).Through(_bn3),
        input, _shortcut);
}
