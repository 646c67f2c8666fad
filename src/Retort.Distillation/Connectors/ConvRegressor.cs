using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Distillation.Connectors;

/// <summary>
/// Brings a student's map to the channels and the size of the teacher's, as RepDistiller's ConvReg: a student twice as high gets a 3×3
/// convolution with stride 2, one half as high a transposed 4×4 convolution with stride 2, any other a convolution whose kernel is as large
/// as the difference of the sizes + 1 (1×1 for equal sizes). Batch norm follows, and where asked for a ReLU.
/// </summary>
internal sealed class ConvRegressor : Layer
{
    private readonly bool _rectify;

    /// <summary>Makes a regressor.</summary>
    /// <param name="student">[C, H, W].</param>
    /// <param name="teacher">[C', H', W']; <see cref="Fits"/> says whether it can be reached.</param>
    /// <param name="rectify">Whether a ReLU follows.</param>
    public ConvRegressor(long[] student, long[] teacher, bool rectify)
    {
        _rectify = rectify;
        Convolution = Add("conv", Convolve(student, teacher));
        Norm = Add("bn", new BatchNorm2d((int)teacher[0]));
    }

    /// <summary>The first layer, "conv".</summary>
    public Layer Convolution { get; }

    /// <summary>The second layer, "bn".</summary>
    public BatchNorm2d Norm { get; }

    /// <summary>Whether a map of the one shape can be brought to the other.</summary>
    public static bool Fits(long[] student, long[] teacher) =>
        IsTwice(student, teacher) ? (student[2] + 1) / 2 == teacher[2]
        : IsTwice(teacher, student) ? teacher[2] == 2 * student[2]
        : student[1] >= teacher[1] && student[2] >= teacher[2];

    /// <inheritdoc/>
    /// <remarks>Input [N, C, H, W], output [N, C', H', W'].</remarks>
    public override Tensor Forward(Tensor input)
    {
        Tensor output = Convolution.Forward(input);
        return _rectify ? Norm.Rectified(output) : Norm.Forward(output);
    }

    private static Layer Convolve(long[] student, long[] teacher)
    {
        (int inputs, int outputs) = ((int)student[0], (int)teacher[0]);
        if (IsTwice(student, teacher))
            return new Conv2d(inputs, outputs, kernelSize: 3, stride: 2, padding: 1);
        return IsTwice(teacher, student)
            ? new ConvTranspose2d(inputs, outputs, kernelSize: 4, stride: 2, padding: 1)
            : new Conv2d(inputs, outputs, kernelSize: ((int)(1 + student[1] - teacher[1]), (int)(1 + student[2] - teacher[2])));
    }

    // Only the height is looked at, as in RepDistiller.
    private static bool IsTwice(long[] large, long[] small) => large[1] == 2 * small[1];
}
