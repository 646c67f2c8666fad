using Retort.Training.Recipes;

namespace Retort.Training.Comparisons;

/// <summary>One of the recipes that are compared.</summary>
/// <param name="Name">Short and unlike the others' names: "kd", "r56-r20.kd".</param>
/// <param name="Recipe">What it is; its seed is replaced by those of the comparison.</param>
public sealed record Variant(string Name, Recipe Recipe);
