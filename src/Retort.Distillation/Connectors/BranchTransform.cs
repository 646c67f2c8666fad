using Retort.Torch.Modules;

namespace Retort.Distillation.Connectors;

/// <summary>
/// Brings a teacher's map to the shape of a student's: a 1×1 convolution for equal sizes, a 3×3 one with stride 2 for a teacher twice as
/// large, a transposed 4×4 one with stride 2 for one half as large; any other map is averaged to the student's size before a 1×1
/// convolution. Batch norm and ReLU follow.
/// </summary>
internal static class BranchTransform
{
    /// <summary>Makes the layers; [N, C, H, W] of the teacher becomes [N, C', H', W'] of the student.</summary>
    /// <param name="teacher">[C, H, W].</param>
    /// <param name="student">[C', H', W'].</param>
    public static Sequential Create(long[] teacher, long[] student)
    {
        if (IsScaled(teacher, student))
            return new Sequential(new ConvRegressor(teacher, student, rectify: true));
        var size = new Size2d((int)student[1], (int)student[2]);
        return new Sequential(
            new AdaptiveAvgPool2d(size), new ConvRegressor([teacher[0], student[1], student[2]], student, rectify: true));
    }

    /// <summary>What <see cref="Create"/> makes, in words: "3x3 convolution, stride 2".</summary>
    /// <param name="teacher">[C, H, W].</param>
    /// <param name="student">[C', H', W'].</param>
    public static string Describe(long[] teacher, long[] student) => !IsScaled(teacher, student) ? "average pooling, 1x1 convolution"
        : teacher[1] == student[1] ? "1x1 convolution"
        : teacher[1] > student[1] ? "3x3 convolution, stride 2"
        : "transposed 4x4 convolution, stride 2";

    private static bool IsScaled(long[] a, long[] b) =>
        (a[1] == b[1] && a[2] == b[2]) || (a[1] == 2 * b[1] && a[2] == 2 * b[2]) || (2 * a[1] == b[1] && 2 * a[2] == b[2]);
}
