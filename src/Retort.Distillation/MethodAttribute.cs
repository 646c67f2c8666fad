namespace Retort.Distillation;

/// <summary>Registers a method under the name by which recipes, golden cases and commands know it.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class MethodAttribute(string name) : Attribute
{
    /// <summary>Short, lower case: "kd".</summary>
    public string Name { get; } = name;

    /// <summary>Full name: "Knowledge distillation".</summary>
    public required string Title { get; init; }

    /// <summary>Where it is from: "arXiv:1503.02531".</summary>
    public required string Paper { get; init; }

    /// <summary>What it matches, in one line, for `retort list methods`.</summary>
    public required string Summary { get; init; }

    /// <summary>
    /// The term's usual weight, at least 0: its authors', or that of the code whose form of the loss this is. Terms differ in size by powers of
    /// ten; 0: it acts in its own stages alone. Default: none is known.
    /// </summary>
    public double Weight { get; init; } = double.NaN;

    /// <summary>Weight of the cross-entropy that belongs to it, at least 0. Default 1.</summary>
    public double CrossEntropy { get; init; } = 1;

    /// <summary>Whether it is the loss of a teacher's own training, before distillation, and no term of a student's loss. Default false.</summary>
    public bool TrainsTeacher { get; init; }

    /// <summary>Whether comparisons measure other methods against this one, as the literature does. Default false.</summary>
    public bool IsBaseline { get; init; }
}
