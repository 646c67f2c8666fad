namespace Retort.Torch.Modules;

/// <summary>
/// A convolution with the signs of its weights (Courbariaux et al., arXiv:1511.00363): what is learnt are real numbers behind the signs, which
/// <see cref="Sign"/> gives a gradient and which are kept within ±1, since beyond it they would get none. Without bias.
/// </summary>
public sealed class BinaryConv2d : Layer
{
    private readonly long[] _stride, _padding;

    /// <summary>Makes the layer with weights from a normal distribution of variance 2 / (kernel size · outputs).</summary>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the output.</param>
    /// <param name="kernelSize">Height and width of the kernel.</param>
    /// <param name="stride">Step of the kernel; default 1.</param>
    /// <param name="padding">Zeros on each side; default 0.</param>
    public BinaryConv2d(int inputs, int outputs, Size2d kernelSize, Size2d? stride = null, Size2d padding = default)
    {
        kernelSize.RequireAtLeast(1, nameof(kernelSize));
        _stride = (stride ?? 1).RequireAtLeast(1, nameof(stride)).ToArray();
        _padding = padding.RequireAtLeast(0, nameof(padding)).ToArray();
        Weight = AddParameter("weight", Aten.Empty([outputs, inputs, kernelSize.Height, kernelSize.Width]));
        Init.KaimingNormal_(Weight, fanOut: true);
    }

    /// <summary>The real numbers behind the signs, [outputs, inputs, kernel height, kernel width].</summary>
    public Tensor Weight { get; }

    /// <inheritdoc/>
    /// <remarks>Input [N, inputs, H, W], output [N, outputs, H', W'] as <see cref="Conv2d"/>'s; of signs both are integers.</remarks>
    public override Tensor Forward(Tensor input)
    {
        if (IsTraining && GradMode.IsEnabled)
        {
            using var noGrad = GradMode.Disable();
            Weight.Clamp_(-1, 1);
        }

        using Tensor signs = Sign.Of(Weight);
        return Aten.Conv2d(input, signs, null, _stride, _padding, [1, 1], 1);
    }
}
