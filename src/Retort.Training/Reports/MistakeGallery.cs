namespace Retort.Training.Reports;

/// <summary>Mistakes of one kind, the most confident first.</summary>
/// <param name="Title">What they have in common.</param>
/// <param name="Explanation">Whose mistakes they are; goes on after "12 of 266 test images".</param>
/// <param name="Total">Number of all test images of this kind.</param>
/// <param name="Shown">The few that are shown.</param>
public sealed record MistakeGallery(string Title, string Explanation, int Total, IReadOnlyList<Mistake> Shown);
