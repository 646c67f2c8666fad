namespace Retort.Distillation;

/// <summary>A method with its share in the student's loss.</summary>
/// <param name="Name">Name in progress, metrics and report; the method's name, numbered when it occurs twice.</param>
/// <param name="Weight">Factor of the method's term.</param>
/// <param name="Method">The method; owned by the objective it enters.</param>
public sealed record DistillationTerm(string Name, double Weight, Method Method);
