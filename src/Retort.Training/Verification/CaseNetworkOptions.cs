using System.ComponentModel.DataAnnotations;

namespace Retort.Training.Verification;

/// <summary>Options of a model in a golden case.</summary>
internal sealed record CaseNetworkOptions
{
    /// <summary>Length of the logits, at least 1.</summary>
    [Range(1, 1_000_000)]
    public int? NumClasses { get; init; }

    /// <summary>Probability of every dropout layer, 0..1; left out: the model's own.</summary>
    [Range(0.0, 1.0)]
    public double? Dropout { get; init; }
}
