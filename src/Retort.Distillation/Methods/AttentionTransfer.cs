using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Torch;

namespace Retort.Distillation.Methods;

/// <summary>How the difference of two attention maps becomes a loss; they are different losses with different weights.</summary>
public enum AttentionTransferVariant
{
    /// <summary>The authors' code, and RepDistiller: mean over batch and positions of its square. Weight 1000.</summary>
    Official,

    /// <summary>The paper: mean over the batch of its length, not squared. The weight is half of the paper's β.</summary>
    Paper,
}

/// <summary>Options of <see cref="AttentionTransfer"/>.</summary>
public sealed record AttentionTransferOptions
{
    /// <summary>Which loss. Default that of the authors' code.</summary>
    public AttentionTransferVariant Variant { get; init; } = AttentionTransferVariant.Official;

    /// <summary>
    /// Exponent on the activations, from 1 to 10; on their magnitudes in the variant paper, and where it is no whole number. Default 2 (paper, section 3.1).
    /// </summary>
    [Range(1.0, 10.0)]
    public double P { get; init; } = 2;

    /// <summary>Taps that are compared, as "stage3" or "stage2:stage3" (student:teacher). Default: all stages.</summary>
    [MinLength(1)]
    public ValueList<TapPair>? Taps { get; init; }
}

/// <summary>
/// Attention transfer (Zagoruyko and Komodakis, arXiv:1612.03928, section 3.1): the student's energy at each position of a map, normalised
/// over the positions, follows the teacher's. The channels may differ in number; of maps that differ in height the higher are averaged down.
/// </summary>
/// <remarks>
/// The term is the sum over the pairs. Where a sample's maps agree, the paper's length has no derivative; it counts as 0.
/// </remarks>
[Method("at", Title = "Attention transfer", Paper = "arXiv:1612.03928", Summary = "normalised energy at each position of the maps", Weight = 1000)]
public sealed class AttentionTransfer(AttentionTransferOptions options) : Method<AttentionTransferOptions>(options)
{
    /// <inheritdoc/>
    public override bool ReadsTeacherLogits => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) =>
        TapChoice.Stages(Options.Taps, student, teacher);

    /// <inheritdoc/>
    public override void Bind(MethodBinding binding) => FeatureMaps.Require("at", binding, positions: 2);

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step) => step.Features.Select(Term).Aggregate((sum, term) => sum + term);

    /// <summary><c>a / ‖a‖</c> of the mean a of F^p over the channels, at each position.</summary>
    /// <param name="maps">[N, C, H, W].</param>
    /// <param name="p">At least 1.</param>
    /// <param name="magnitudes">
    /// Whether it is |F|^p, as the paper has it; else only where p is no whole number. They differ for odd p: in maps with signs, and for p = 1 in the derivative at 0.
    /// </param>
    /// <returns>[N, H · W].</returns>
    public static Tensor Attention(Tensor maps, double p, bool magnitudes = false)
    {
        // A length keeps no second tensor as large as the maps, and its derivative makes one pass over them.
        Tensor sums = p == 2 ? maps.LinalgVectorNorm(2, [1]).Square()
            : (magnitudes || !double.IsInteger(p) ? maps.Abs() : maps).Pow(p).Sum([1]);
        return FeatureNorms.Unit((sums / maps.Size(1)).Flatten(1), dim: 1);
    }

    /// <summary>The authors' code: mean over batch and positions of the squared difference of two attention maps.</summary>
    /// <param name="student">[N, D], of <see cref="Attention"/>.</param>
    /// <param name="teacher">[N, D], likewise, without gradient.</param>
    public static Tensor SquaredDistance(Tensor student, Tensor teacher) => (student - teacher).Square().Mean();

    /// <summary>The paper, equation 2: mean over the batch of the length of their difference, ‖a_s − a_t‖₂.</summary>
    /// <inheritdoc cref="SquaredDistance"/>
    public static Tensor Distance(Tensor student, Tensor teacher) => (student - teacher).LinalgVectorNorm(2, [1]).Mean();

    private Tensor Term(FeaturePair pair)
    {
        FeaturePair maps = FeatureMaps.ToSmaller(pair);
        bool isPaper = Options.Variant == AttentionTransferVariant.Paper;
        Tensor student = Attention(maps.Student, Options.P, isPaper), teacher = Attention(maps.Teacher, Options.P, isPaper);
        return isPaper ? Distance(student, teacher) : SquaredDistance(student, teacher);
    }
}
