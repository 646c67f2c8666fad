namespace Retort.Torch.Modules;

/// <summary>Two-dimensional convolution (cross-correlation).</summary>
public sealed class Conv2d : Layer
{
    private readonly long[] _stride, _padding, _dilation;
    private readonly bool _fitsWinograd;

    /// <summary>Makes the layer with PyTorch's initialisation: weight and bias uniform within ±1/√(inputs / groups · kernel size).</summary>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the output.</param>
    /// <param name="kernelSize">Height and width of the kernel.</param>
    /// <param name="stride">Step of the kernel; default 1.</param>
    /// <param name="padding">Zeros on each side; default 0.</param>
    /// <param name="dilation">Distance between the kernel's elements; default 1.</param>
    /// <param name="groups">Groups of channels that are convolved apart; divides both channel numbers.</param>
    /// <param name="bias">Whether a bias is added.</param>
    public Conv2d(
        int inputs, int outputs, Size2d kernelSize, Size2d? stride = null, Size2d padding = default, Size2d? dilation = null,
        int groups = 1, bool bias = true)
    {
        ChannelGroups.Require(inputs, outputs, groups);
        KernelSize = kernelSize.RequireAtLeast(1, nameof(kernelSize));
        Stride = (stride ?? 1).RequireAtLeast(1, nameof(stride));
        Padding = padding.RequireAtLeast(0, nameof(padding));
        Dilation = (dilation ?? 1).RequireAtLeast(1, nameof(dilation));
        Groups = groups;
        (_stride, _padding, _dilation) = (Stride.ToArray(), Padding.ToArray(), Dilation.ToArray());

        long fanIn = (long)(inputs / groups) * kernelSize.Height * kernelSize.Width;
        Weight = AddParameter(
            "weight", Init.KaimingUniform([outputs, inputs / groups, kernelSize.Height, kernelSize.Width], fanIn));
        Bias = bias ? AddParameter("bias", Init.Uniform([outputs], 1 / Math.Sqrt(fanIn))) : null;
        _fitsWinograd = WinogradConvolution.Fits(this);
    }

    /// <summary>[outputs, inputs / groups, kernel height, kernel width].</summary>
    public Tensor Weight { get; }

    /// <summary>[outputs], or null.</summary>
    public Tensor? Bias { get; }

    /// <summary>Height and width of the kernel.</summary>
    public Size2d KernelSize { get; }

    /// <summary>Step of the kernel.</summary>
    public Size2d Stride { get; }

    /// <summary>Zeros on each side.</summary>
    public Size2d Padding { get; }

    /// <summary>Distance between the kernel's elements.</summary>
    public Size2d Dilation { get; }

    /// <summary>Groups of channels that are convolved apart.</summary>
    public int Groups { get; }

    /// <inheritdoc/>
    /// <remarks>Input [N, inputs, H, W], output [N, outputs, H', W'] with H' = ⌊(H + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.</remarks>
    public override Tensor Forward(Tensor input) => _fitsWinograd && GradMode.IsEnabled // traces, made without gradients, read libtorch's operator
        ? WinogradConvolution.Forward(input, this)
        : Aten.Conv2d(input, Weight, Bias, _stride, _padding, _dilation, Groups);
}
