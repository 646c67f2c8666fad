namespace Retort.Vision.Datasets;

/// <summary>An image that was left out of a data set.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Reason">Why it cannot be used.</param>
public sealed record SkippedImage(string Path, string Reason);
