namespace Retort.Training.DryRuns;

/// <summary>A module of a method, such as a connector.</summary>
/// <param name="Name">Its name in the method.</param>
/// <param name="Parameters">Number of its parameters.</param>
/// <param name="Learns">Whether any of them trains with the student; a paraphraser, for one, is frozen by then.</param>
public sealed record MethodPart(string Name, long Parameters, bool Learns);
