namespace Retort.Vision.Datasets;

/// <summary>What is known of a data set before its images are read.</summary>
/// <param name="Classes">Class names; the index is the label.</param>
/// <param name="Size">The size of the images, by the first of them.</param>
public sealed record DatasetOutline(IReadOnlyList<string> Classes, ImageSize Size)
{
    /// <summary>The number of images; null where it is not known without reading them.</summary>
    public int? Images { get; init; }
}
