using Retort.Distillation.Features;
using Retort.Torch;

namespace Retort.Distillation.Methods;

/// <summary>Options of <see cref="ProbabilisticTransfer"/>.</summary>
public sealed record ProbabilisticTransferOptions
{
    /// <summary>The tap that is compared, as "pooled" or "stage3:stage4" (student:teacher); maps are flattened. Default: the pooled vectors.</summary>
    public TapPair? Tap { get; init; }
}

/// <summary>
/// Probabilistic knowledge transfer (Passalis and Tefas, ECCV 2018, arXiv:1803.10837): each sample's similarities to the others of the
/// batch, as probabilities, follow the teacher's. The features may differ in length.
/// </summary>
/// <remarks>The mean over N² elements makes values of 1e-5 normal and the weight 30000; it depends on the batch. A single sample gives 0.</remarks>
[Method("pkt", Title = "Probabilistic knowledge transfer", Paper = "arXiv:1803.10837",
    Summary = "similarity probabilities between samples", Weight = 30000)]
public sealed class ProbabilisticTransfer(ProbabilisticTransferOptions options) : Method<ProbabilisticTransferOptions>(options)
{
    // Of the authors' code.
    private const double Epsilon = 1e-7;

    /// <inheritdoc/>
    public override bool RelatesSamples => true;

    /// <inheritdoc/>
    public override bool ReadsTeacherLogits => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) => TapChoice.PooledVector(Options.Tap);

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step) =>
        Divergence(Probabilities(step.Features[0].Student), Probabilities(step.Features[0].Teacher)).To(DType.Float32);

    /// <summary>The mean over all pairs of <c>P_t log((P_t + 1e-7) / (P_s + 1e-7))</c>.</summary>
    /// <param name="student">[N, N], of <see cref="Probabilities"/>.</param>
    /// <param name="teacher">[N, N], likewise.</param>
    /// <returns>A scalar.</returns>
    public static Tensor Divergence(Tensor student, Tensor teacher) =>
        (teacher * ((teacher + Epsilon).Log() - (student + Epsilon).Log())).Mean();

    /// <summary>The cosine kernel as conditional probabilities: <c>(cos + 1) / 2</c>, each row divided by its sum; the diagonal is included.</summary>
    /// <param name="features">[N, ...].</param>
    /// <returns>
    /// [N, N] in float64: probabilities that are nearly equal are compared, of which float32 leaves too few digits.
    /// </returns>
    public static Tensor Probabilities(Tensor features)
    {
        Tensor rows = features.Flatten(1).To(DType.Float64);
        Tensor unit = rows / (rows.LinalgVectorNorm(2, [1], keepdim: true) + Epsilon);
        Tensor similarities = (GramMatrix.Of(unit) + 1) / 2;
        return similarities / similarities.Sum([1], keepdim: true);
    }
}
