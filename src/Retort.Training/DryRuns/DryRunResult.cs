namespace Retort.Training.DryRuns;

/// <summary>What the loss of a student's stage is made of before its first step, on its first batch: <c>dry-run.json</c>.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Terms">The terms of the loss, in its order.</param>
/// <param name="Advice">What to change where one term drowns the others, a sentence each; empty where none does.</param>
public sealed record DryRunResult(string Stage, IReadOnlyList<DryRunTerm> Terms, IReadOnlyList<string> Advice);
