namespace Retort.Torch.Modules;

/// <summary>Transposed two-dimensional convolution: the gradient of <see cref="Conv2d"/> with respect to its input, as a layer.</summary>
public sealed class ConvTranspose2d : Layer
{
    private readonly long[] _stride, _padding, _outputPadding, _dilation;

    /// <summary>Makes the layer with PyTorch's initialisation: weight and bias uniform within ±1/√(outputs / groups · kernel size).</summary>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the output.</param>
    /// <param name="kernelSize">Height and width of the kernel.</param>
    /// <param name="stride">Factor by which the output is larger; default 1.</param>
    /// <param name="padding">Rows and columns that are cut from each side of the output; default 0.</param>
    /// <param name="outputPadding">Rows and columns that are added at the bottom and the right; less than stride or dilation.</param>
    /// <param name="groups">Groups of channels that are convolved apart; divides both channel numbers.</param>
    /// <param name="bias">Whether a bias is added.</param>
    /// <param name="dilation">Distance between the kernel's elements; default 1.</param>
    public ConvTranspose2d(
        int inputs, int outputs, Size2d kernelSize, Size2d? stride = null, Size2d padding = default, Size2d outputPadding = default,
        int groups = 1, bool bias = true, Size2d? dilation = null)
    {
        ChannelGroups.Require(inputs, outputs, groups);
        KernelSize = kernelSize.RequireAtLeast(1, nameof(kernelSize));
        Stride = (stride ?? 1).RequireAtLeast(1, nameof(stride));
        Padding = padding.RequireAtLeast(0, nameof(padding));
        OutputPadding = outputPadding.RequireAtLeast(0, nameof(outputPadding));
        Dilation = (dilation ?? 1).RequireAtLeast(1, nameof(dilation));
        Groups = groups;
        _stride = Stride.ToArray();
        _padding = Padding.ToArray();
        _outputPadding = OutputPadding.ToArray();
        _dilation = Dilation.ToArray();

        // PyTorch counts dimension 1 as the fan-in of this weight too, although its inputs stand in dimension 0.
        long fan = (long)(outputs / groups) * kernelSize.Height * kernelSize.Width;
        Weight = AddParameter(
            "weight", Init.KaimingUniform([inputs, outputs / groups, kernelSize.Height, kernelSize.Width], fan));
        Bias = bias ? AddParameter("bias", Init.Uniform([outputs], 1 / Math.Sqrt(fan))) : null;
    }

    /// <summary>[inputs, outputs / groups, kernel height, kernel width].</summary>
    public Tensor Weight { get; }

    /// <summary>[outputs], or null.</summary>
    public Tensor? Bias { get; }

    /// <summary>Height and width of the kernel.</summary>
    public Size2d KernelSize { get; }

    /// <summary>Factor by which the output is larger.</summary>
    public Size2d Stride { get; }

    /// <summary>Rows and columns that are cut from each side of the output.</summary>
    public Size2d Padding { get; }

    /// <summary>Rows and columns that are added at the bottom and the right.</summary>
    public Size2d OutputPadding { get; }

    /// <summary>Distance between the kernel's elements.</summary>
    public Size2d Dilation { get; }

    /// <summary>Groups of channels that are convolved apart.</summary>
    public int Groups { get; }

    /// <inheritdoc/>
    /// <remarks>
    /// Input [N, inputs, H, W], output [N, outputs, H', W'] with
    /// H' = (H − 1)·stride − 2·padding + dilation·(kernel − 1) + output padding + 1.
    /// </remarks>
    public override Tensor Forward(Tensor input) =>
        Aten.ConvTranspose2d(input, Weight, Bias, _stride, _padding, _outputPadding, Groups, _dilation);
}
