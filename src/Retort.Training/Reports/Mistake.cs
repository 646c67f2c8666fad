namespace Retort.Training.Reports;

/// <summary>A test image that a network got wrong.</summary>
/// <param name="Image">A small picture of it.</param>
/// <param name="Source">Where it came from: a file, or a record of a file.</param>
/// <param name="Class">Name of its true class.</param>
/// <param name="TakenFor">Name of the class that the network took it for.</param>
/// <param name="Confidence">The probability that the network gave to that, 0..1.</param>
public sealed record Mistake(Picture Image, string Source, string Class, string TakenFor, double Confidence);
