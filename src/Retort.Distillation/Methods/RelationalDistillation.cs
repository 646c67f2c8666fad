using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Torch;

namespace Retort.Distillation.Methods;

/// <summary>Options of <see cref="RelationalDistillation"/>.</summary>
public sealed record RelationalDistillationOptions : IValidatableOptions
{
    /// <summary>Weight of the distances of pairs, at least 0. Default 25 (RepDistiller; the authors' metric learning has 1 to 2).</summary>
    [Range(0, 1e6)]
    public double DistanceWeight { get; init; } = 25;

    /// <summary>Weight of the angles of triplets, at least 0. Default 50, likewise.</summary>
    [Range(0, 1e6)]
    public double AngleWeight { get; init; } = 50;

    /// <summary>The tap that is compared, as "pooled" or "stage3:stage4" (student:teacher); maps are flattened. Default: the pooled vectors.</summary>
    public TapPair? Tap { get; init; }

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (DistanceWeight == 0 && AngleWeight == 0)
            yield return new(nameof(AngleWeight), "must be above 0 where 'distance_weight' is 0");
    }
}

/// <summary>
/// Relational distillation (Park et al., arXiv:1904.05068): the distances between a batch's samples, relative to their mean, and the angles
/// between all triplets are to the student as they are to the teacher. The features may differ in length.
/// </summary>
/// <remarks>Memory grows with the batch's cube, in the angles. A single sample gives 0, two have no angles.</remarks>
[Method("rkd", Title = "Relational distillation", Paper = "arXiv:1904.05068",
    Summary = "distances and angles between the samples of a batch", Weight = 1)]
public sealed class RelationalDistillation(RelationalDistillationOptions options) : Method<RelationalDistillationOptions>(options)
{
    // Of the authors' code: the root of what squared distances are clamped to.
    private const double LeastDistance = 1e-6;

    // cdist by differences: by matrix products it loses the digits of close pairs.
    private const long WithoutProducts = 2;

    /// <inheritdoc/>
    public override bool RelatesSamples => true;

    /// <inheritdoc/>
    public override bool ReadsTeacherLogits => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) => TapChoice.PooledVector(Options.Tap);

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step)
    {
        Tensor student = Centred(step.Features[0].Student), teacher = Centred(step.Features[0].Teacher);
        Tensor ofStudent = Distances(student), ofTeacher = Distances(teacher);
        OrderedDictionary<string, Tensor> parts = [];
        List<Tensor> weighted = [];
        if (Options.DistanceWeight > 0)
        {
            parts["distance"] = Huber(Relative(ofStudent), Relative(ofTeacher));
            weighted.Add(parts["distance"] * Options.DistanceWeight);
        }

        if (Options.AngleWeight > 0)
        {
            parts["angle"] = Huber(Angles(student, ofStudent), Angles(teacher, ofTeacher));
            weighted.Add(parts["angle"] * Options.AngleWeight);
        }

        return new MethodLoss(weighted.Aggregate((sum, term) => sum + term).To(step.Features[0].Student.DType)) { Outputs = parts };
    }

    /// <summary>Euclidean distances of all pairs of samples; 0 to the gradient where samples are equal.</summary>
    /// <param name="features">[N, D].</param>
    /// <returns>[N, N], 0 on the diagonal.</returns>
    public static Tensor Distances(Tensor features) => Aten.Cdist(features, features, 2, WithoutProducts);

    /// <summary>Distances divided by the mean over all pairs of different samples.</summary>
    /// <param name="distances">[N, N], of <see cref="Distances"/>.</param>
    /// <returns>[N, N].</returns>
    public static Tensor Relative(Tensor distances)
    {
        long n = distances.Size(0);
        Tensor clamped = distances.ClampMin(LeastDistance) * OffDiagonal(distances);
        return clamped / (clamped.Sum() / Math.Max(1, n * (n - 1))).ClampMin(LeastDistance);
    }

    /// <summary>
    /// For each vertex i the cosine of the angle between samples j and k, <c>⟨f_j − f_i, f_k − f_i⟩ / (r_ij r_ik)</c>, from the
    /// products of samples alone; 0 where j or k is at the vertex.
    /// </summary>
    /// <param name="features">[N, D], best with mean 0.</param>
    /// <param name="distances">[N, N], of <see cref="Distances"/>.</param>
    /// <returns>[N, N, N], the vertex first.</returns>
    public static Tensor Angles(Tensor features, Tensor distances)
    {
        Tensor g = GramMatrix.Of(features);
        Tensor products = g.Unsqueeze(0) - g.Unsqueeze(2) - g.Unsqueeze(1) + g.Diagonal().Reshape([-1, 1, 1]);
        Tensor inverse = distances.Gt(LeastDistance).To(distances.DType) / distances.ClampMin(LeastDistance);
        return products * inverse.Unsqueeze(2) * inverse.Unsqueeze(1);
    }

    private static Tensor OffDiagonal(Tensor square) => 1 - Aten.Eye(square.Size(0), square.DType, device: square.Device);

    // Differences of samples that lie close together are what is left of their products: in single precision, noise.
    private static Tensor Centred(Tensor features)
    {
        Tensor rows = features.Flatten(1).To(DType.Float64);
        return rows - rows.Mean([0], keepdim: true);
    }

    private static Tensor Huber(Tensor student, Tensor teacher) => student.SmoothL1Loss(teacher, Reduction.Mean);
}
