using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Connectors;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Torch;

namespace Retort.Distillation.Methods;

/// <summary>Options of <see cref="CorrelationCongruence"/>.</summary>
public sealed record CorrelationCongruenceOptions : IValidatableOptions
{
    /// <summary>Which of the two losses of this name. Default repdistiller, which is from the authors' code.</summary>
    public CorrelationVariant Variant { get; init; } = CorrelationVariant.Repdistiller;

    /// <summary>Variant repdistiller: length of the embeddings, at least 1. Left out 128 (RepDistiller).</summary>
    [Range(1, 65536)]
    public int? FeatDim { get; init; }

    /// <summary>Variant paper: γ of the Gaussian kernel, above 0. Left out 0.4 (paper).</summary>
    [Range(1e-6, 1e3)]
    public double? Gamma { get; init; }

    /// <summary>Variant paper: order of the kernel's Taylor series, from 0 to 10. Left out 2 (paper).</summary>
    [Range(0, 10)]
    public int? POrder { get; init; }

    /// <summary>The tap that is compared, as "pooled" or "stage3:stage4" (student:teacher); maps are flattened. Default: the pooled vectors.</summary>
    public TapPair? Tap { get; init; }

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (Variant == CorrelationVariant.Paper && FeatDim is not null)
            yield return new(nameof(FeatDim), "belongs to the variant repdistiller: leave it out, or set variant: repdistiller");
        if (Variant == CorrelationVariant.Repdistiller && Gamma is not null)
            yield return new(nameof(Gamma), "belongs to the variant paper: leave it out, or set variant: paper");
        if (Variant == CorrelationVariant.Repdistiller && POrder is not null)
            yield return new(nameof(POrder), "belongs to the variant paper: leave it out, or set variant: paper");
    }
}

/// <summary>Losses that go by the name of correlation congruence.</summary>
public enum CorrelationVariant
{
    /// <summary>Products of the differences of neighbours in the batch, of learned linear embeddings on both sides.</summary>
    Repdistiller,

    /// <summary>Difference of the kernel matrices of the normalised features.</summary>
    Paper,
}

/// <summary>
/// Correlation congruence (Peng et al., arXiv:1904.01802): not only each sample's features follow the teacher's but also how samples
/// correlate. The features may differ in length.
/// </summary>
/// <remarks>
/// In <c>repdistiller</c> the teacher's embedding learns too, and the order of the batch matters; a single sample gives 0. Its weight is
/// 0.02. The losses of the two variants have nothing in common but the name.
/// </remarks>
[Method("cc", Title = "Correlation congruence", Paper = "arXiv:1904.01802", Summary = "correlation between the samples of a batch", Weight = 0.02)]
public sealed class CorrelationCongruence(CorrelationCongruenceOptions options) : Method<CorrelationCongruenceOptions>(options)
{
    private LinearEmbedding? _student;
    private LinearEmbedding? _teacher;

    /// <inheritdoc/>
    public override bool RelatesSamples => true;

    /// <inheritdoc/>
    public override bool ReadsTeacherLogits => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) => TapChoice.PooledVector(Options.Tap);

    /// <inheritdoc/>
    public override void Bind(MethodBinding binding)
    {
        if (Options.Variant != CorrelationVariant.Repdistiller)
            return;
        _student = Add("embed_s", new LinearEmbedding(binding.StudentShape(0), Options.FeatDim ?? 128));
        _teacher = Add("embed_t", new LinearEmbedding(binding.TeacherShape(0), Options.FeatDim ?? 128));
    }

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step)
    {
        FeaturePair pair = step.Features[0];
        return _student is null || _teacher is null
            ? KernelDistance(pair.Student, pair.Teacher, Options.Gamma ?? 0.4, Options.POrder ?? 2)
            : Congruence(_student.Forward(pair.Student), _teacher.Forward(pair.Teacher));
    }

    /// <summary>RepDistiller's loss: with δ = |e_s − e_t|, the mean over neighbours i, i + 1 of <c>δ_i · δ_(i+1)</c>.</summary>
    /// <param name="student">[N, D].</param>
    /// <param name="teacher">[N, D].</param>
    /// <returns>A scalar; 0 of a single sample.</returns>
    public static Tensor Congruence(Tensor student, Tensor teacher)
    {
        Tensor delta = (student - teacher).Abs();
        long neighbours = delta.Size(0) - 1;
        return (delta.Narrow(0, 0, neighbours) * delta.Narrow(0, 1, neighbours)).Sum() / Math.Max(1, neighbours);
    }

    /// <summary>The paper's loss with <see cref="Kernel"/> ψ: <c>‖ψ(f_s) − ψ(f_t)‖² / N²</c>.</summary>
    /// <param name="student">[N, ...].</param>
    /// <param name="teacher">[N, ...].</param>
    /// <param name="gamma">Above 0.</param>
    /// <param name="order">At least 0.</param>
    /// <returns>A scalar.</returns>
    public static Tensor KernelDistance(Tensor student, Tensor teacher, double gamma, int order) =>
        (Kernel(student, gamma, order) - Kernel(teacher, gamma, order)).Square().Mean();

    /// <summary>
    /// The Gaussian kernel of features of length 1 by its Taylor series, <c>Σ over p of exp(−2γ) (2γ)^p / p! · (x·y)^p</c>.
    /// </summary>
    /// <param name="features">[N, ...].</param>
    /// <param name="gamma">Above 0.</param>
    /// <param name="order">The last p.</param>
    /// <returns>[N, N].</returns>
    public static Tensor Kernel(Tensor features, double gamma, int order)
    {
        Tensor unit = FeatureNorms.Unit(features.Flatten(1), dim: 1);
        Tensor cosine = GramMatrix.Of(unit);
        // Horner's rule: 1 + 2γx/1 (1 + 2γx/2 (1 + ...)).
        Tensor series = cosine.OnesLike();
        for (int p = order; p >= 1; p--)
            series = (series * cosine * (2 * gamma / p)) + 1;
        return series * Math.Exp(-2 * gamma);
    }
}
