using System.Text.Json.Serialization;

namespace Retort.Training.DryRuns;

/// <summary>What the loss of a stage is made of before its first step, on its first batch: <c>dry-run.json</c>.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Terms">The terms of the loss, in its order.</param>
/// <param name="Advice">What to change where one term drowns the others, a sentence each; empty where none does.</param>
public sealed record DryRunResult(string Stage, IReadOnlyList<DryRunTerm> Terms, IReadOnlyList<string> Advice)
{
    /// <summary>
    /// Stages that had still to train what the terms hang on, such as the teacher: taps and modules are then as they will be, values and shares
    /// those of initial weights. Empty where all was as the stage finds it.
    /// </summary>
    public IReadOnlyList<string> Untrained { get; init; } = [];

    /// <summary>A sentence on <see cref="Untrained"/>; null where it is empty.</summary>
    [JsonIgnore]
    public string? Caveat => Untrained.Count == 0
        ? null
        : $"{string.Join(" and ", Untrained)} {(Untrained.Count == 1 ? "has" : "have")} not trained yet: taps and modules stay as they are, losses and shares do not.";
}
