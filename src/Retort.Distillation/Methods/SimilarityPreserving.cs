using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Torch;

namespace Retort.Distillation.Methods;

/// <summary>Options of <see cref="SimilarityPreserving"/>.</summary>
public sealed record SimilarityPreservingOptions
{
    /// <summary>Taps that are compared, as "stage3" or "stage2:stage3" (student:teacher). Default: the last stage.</summary>
    [MinLength(1)]
    public ValueList<TapPair>? Taps { get; init; }
}

/// <summary>
/// Similarity-preserving distillation (Tung and Mori, arXiv:1907.09682): samples that are alike to the teacher are alike to the student.
/// Only the batch must agree, so features of any shape can be compared.
/// </summary>
/// <remarks>The division by N² ties the weight (3000) to the batch it was found with, 64. A single sample gives 0.</remarks>
[Method("sp", Title = "Similarity preserving", Paper = "arXiv:1907.09682", Summary = "similarity of the samples of a batch", Weight = 3000)]
public sealed class SimilarityPreserving(SimilarityPreservingOptions options) : Method<SimilarityPreservingOptions>(options)
{
    /// <inheritdoc/>
    public override bool RelatesSamples => true;

    /// <inheritdoc/>
    public override bool ReadsTeacherLogits => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) =>
        TapChoice.LastStage(Options.Taps, student, teacher);

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step) =>
        step.Features.Select(pair => Distance(pair.Student, pair.Teacher)).Aggregate((sum, term) => sum + term);

    /// <summary>The paper's loss for one pair: <c>‖G_t − G_s‖² / N²</c>.</summary>
    /// <param name="student">[N, ...].</param>
    /// <param name="teacher">[N, ...], any other shape.</param>
    /// <returns>A scalar.</returns>
    public static Tensor Distance(Tensor student, Tensor teacher) => (Similarities(teacher) - Similarities(student)).Square().Mean();

    /// <summary><c>X Xᵀ</c>, products of all samples' features, each row of length 1.</summary>
    /// <param name="features">[N, ...].</param>
    /// <returns>[N, N].</returns>
    public static Tensor Similarities(Tensor features) =>
        FeatureNorms.Unit(GramMatrix.Of(FeatureMaps.Rows(features, features.IsChannelsLast)), dim: 1);
}
