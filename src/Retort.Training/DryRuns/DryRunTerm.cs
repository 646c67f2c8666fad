namespace Retort.Training.DryRuns;

/// <summary>A term of the loss in a dry run.</summary>
/// <param name="Name">"ce", or the method's name.</param>
/// <param name="Weight">Its factor in the loss.</param>
/// <param name="Value">The weighted term.</param>
/// <param name="GradientNorm">Euclidean norm of the weighted term's gradient with respect to all parameters of the network that trains.</param>
/// <param name="Share">That norm as a share of the sum of all terms' norms, 0..1; NaN where a norm is not finite, or all are 0.</param>
/// <param name="Taps">The pairs of taps that the method compares; none where it reads only logits.</param>
/// <param name="Parts">The method's own modules: connectors, translators, embeddings.</param>
public sealed record DryRunTerm(
    string Name, double Weight, double Value, double GradientNorm, double Share, IReadOnlyList<MatchedTaps> Taps, IReadOnlyList<MethodPart> Parts)
{
    /// <summary>What a recipe calls the weight: "distill.kd.weight".</summary>
    public string Setting { get; init; } = "";
}
