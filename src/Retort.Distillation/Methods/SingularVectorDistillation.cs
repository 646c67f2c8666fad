using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Torch;

namespace Retort.Distillation.Methods;

/// <summary>Options of <see cref="SingularVectorDistillation"/>.</summary>
public sealed record SingularVectorDistillationOptions
{
    /// <summary>Right singular vectors of the teacher's maps that are matched, from 1 to 64. Default 1 (authors' code).</summary>
    [Range(1, 64)]
    public int K { get; init; } = 1;

    /// <summary>The chain of taps, at least 2, as "stage3" or "stage2:stage3" (student:teacher). Default: all stages.</summary>
    [MinLength(2)]
    public ValueList<TapPair>? Taps { get; init; }
}

/// <summary>
/// Knowledge distillation by singular value decomposition (Lee, Kim and Song, ECCV 2018, arXiv:1807.06819): how the leading channel
/// directions of a map relate to those of the next map, by a Gaussian kernel, is to the student as to the teacher.
/// </summary>
/// <remarks>
/// Both networks need equal numbers of channels at each tap. The student offers 3 vectors more than the teacher has; each of the teacher's
/// is matched with the one closest in direction. The sign of a singular vector is free: here the teacher's have a positive sum.
/// </remarks>
[Method("kdsvd", Title = "SVD distillation", Paper = "arXiv:1807.06819", Summary = "relations of consecutive maps' singular vectors", Weight = 1)]
public sealed class SingularVectorDistillation(SingularVectorDistillationOptions options) : Method<SingularVectorDistillationOptions>(options)
{
    private const int MoreOfStudent = 3;

    // 2σ² of the kernel, of the authors' code.
    private const double Width = 8;

    /// <inheritdoc/>
    public override bool ReadsTeacherLogits => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) =>
        TapChoice.Stages(Options.Taps, student, teacher);

    /// <inheritdoc/>
    public override void Bind(MethodBinding binding)
    {
        FeatureChain.Require("kdsvd", binding);
        for (int i = 0; i < binding.Pairs.Count; i++)
        {
            foreach (long[] shape in (long[][])[binding.StudentShape(i), binding.TeacherShape(i)])
            {
                if (Math.Min(shape[0], shape[1] * shape[2]) < Options.K)
                    throw binding.Refuse(i, $"kdsvd cannot take {Options.K} singular vectors of maps with fewer channels or positions", "lower k");
            }
        }
    }

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step)
    {
        List<FeaturePair> vectors = [.. step.Features.Select(pair => Vectors(pair, Options.K))];
        return Enumerable.Range(1, vectors.Count - 1)
            .Select(i => (
                Relation(vectors[i].Student, vectors[i - 1].Student) - Relation(vectors[i].Teacher, vectors[i - 1].Teacher)).Square().Sum())
            .Aggregate((sum, term) => sum + term).Div(step.Features[0].Student.Size(0)).To(DType.Float32);
    }

    /// <summary>The radial basis function <c>exp(−(v_a − w_b)² / 8)</c> for every pair of channels a, b of two maps.</summary>
    /// <param name="upper">[N, C, k], vectors of a map.</param>
    /// <param name="lower">[N, C', k], those of the map before.</param>
    /// <returns>[N, C, C', k].</returns>
    public static Tensor Relation(Tensor upper, Tensor lower) => ((upper.Unsqueeze(2) - lower.Unsqueeze(1)).Square() / -Width).Exp();

    /// <summary>Which of the student's vectors comes closest to each of the teacher's; the student's times this are aligned.</summary>
    /// <param name="student">[N, C, n].</param>
    /// <param name="teacher">[N, C, k].</param>
    /// <returns>[N, n, k], without gradient: the sign of the cosine where its magnitude is the largest of a column, 0 elsewhere.</returns>
    public static Tensor Alignment(Tensor student, Tensor teacher)
    {
        using var noGrad = GradMode.Disable();
        Tensor cosine = student.Detach().Transpose(1, 2).Bmm(teacher);
        Tensor magnitude = cosine.Abs();
        return magnitude.Eq(magnitude.Amax([1], keepdim: true)).To(cosine.DType) * cosine.Sign();
    }

    private static FeaturePair Vectors(FeaturePair pair, int k)
    {
        SingularVectors teacher = SingularVectors.Of(pair.Teacher, k), student = SingularVectors.Of(pair.Student, k + MoreOfStudent);
        Tensor positive = teacher.Right.Sum([1], keepdim: true).Ge(0).To(DType.Float64);
        Tensor right = teacher.Right * ((positive * 2) - 1);
        Tensor scale = FeatureNorms.Unit(teacher.Values, dim: 1).Unsqueeze(1);
        return new FeaturePair(student.Right.Bmm(Alignment(student.Right, right)) * scale, right * scale);
    }
}
