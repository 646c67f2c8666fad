namespace Retort.Torch.Modules;

/// <summary>Maximum over windows of an image.</summary>
public sealed class MaxPool2d : Layer
{
    private readonly long[] _kernel, _stride, _padding, _dilation;
    private readonly bool _ceilMode;

    /// <summary>Makes the layer.</summary>
    /// <param name="kernelSize">Height and width of the window.</param>
    /// <param name="stride">Step of the window; default: its size.</param>
    /// <param name="padding">Minus infinity on each side, at most half of the window.</param>
    /// <param name="dilation">Distance between the window's elements; default 1.</param>
    /// <param name="ceilMode">Whether a window that reaches over the end counts.</param>
    public MaxPool2d(Size2d kernelSize, Size2d? stride = null, Size2d padding = default, Size2d? dilation = null, bool ceilMode = false)
    {
        _kernel = kernelSize.RequireAtLeast(1, nameof(kernelSize)).ToArray();
        _stride = (stride ?? kernelSize).RequireAtLeast(1, nameof(stride)).ToArray();
        _padding = padding.RequireAtLeast(0, nameof(padding)).ToArray();
        _dilation = (dilation ?? 1).RequireAtLeast(1, nameof(dilation)).ToArray();
        _ceilMode = ceilMode;
    }

    /// <inheritdoc/>
    /// <remarks>Input [N, C, H, W], output [N, C, H', W'].</remarks>
    public override Tensor Forward(Tensor input) => input.MaxPool2d(_kernel, _stride, _padding, _dilation, _ceilMode);
}

/// <summary>Mean over windows of an image.</summary>
public sealed class AvgPool2d : Layer
{
    private readonly long[] _kernel, _stride, _padding;
    private readonly bool _ceilMode, _countPadding;

    /// <summary>Makes the layer.</summary>
    /// <param name="kernelSize">Height and width of the window.</param>
    /// <param name="stride">Step of the window; default: its size.</param>
    /// <param name="padding">Zeros on each side, at most half of the window.</param>
    /// <param name="ceilMode">Whether a window that reaches over the end counts.</param>
    /// <param name="countIncludePad">Whether padding counts in the mean.</param>
    public AvgPool2d(Size2d kernelSize, Size2d? stride = null, Size2d padding = default, bool ceilMode = false, bool countIncludePad = true)
    {
        _kernel = kernelSize.RequireAtLeast(1, nameof(kernelSize)).ToArray();
        _stride = (stride ?? kernelSize).RequireAtLeast(1, nameof(stride)).ToArray();
        _padding = padding.RequireAtLeast(0, nameof(padding)).ToArray();
        (_ceilMode, _countPadding) = (ceilMode, countIncludePad);
    }

    /// <inheritdoc/>
    /// <remarks>Input [N, C, H, W], output [N, C, H', W'].</remarks>
    public override Tensor Forward(Tensor input) => input.AvgPool2d(_kernel, _stride, _padding, _ceilMode, _countPadding);
}

/// <summary>Mean over as many windows as the output has places, whatever the input's size; windows differ where sizes do not divide.</summary>
/// <param name="outputSize">Height and width of the output.</param>
public sealed class AdaptiveAvgPool2d(Size2d outputSize) : Layer
{
    private readonly long[] _size = outputSize.RequireAtLeast(1, nameof(outputSize)).ToArray();

    /// <inheritdoc/>
    /// <remarks>Input [N, C, H, W], output [N, C, output size].</remarks>
    public override Tensor Forward(Tensor input) => input.AdaptiveAvgPool2d(_size);
}

/// <summary>Maximum over as many windows as the output has places, whatever the input's size.</summary>
/// <param name="outputSize">Height and width of the output.</param>
public sealed class AdaptiveMaxPool2d(Size2d outputSize) : Layer
{
    private readonly long[] _size = outputSize.RequireAtLeast(1, nameof(outputSize)).ToArray();

    /// <inheritdoc/>
    /// <remarks>Input [N, C, H, W], output [N, C, output size].</remarks>
    public override Tensor Forward(Tensor input)
    {
        (Tensor output, Tensor indices) = input.AdaptiveMaxPool2d(_size);
        indices.Dispose();
        return output;
    }
}
