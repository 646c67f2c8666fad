using Retort.Vision.Datasets.Decoding;

namespace Retort.Vision.Datasets;

/// <summary>The image files of a data set with their labels, before any is read.</summary>
/// <param name="Place">The folder or file that lists them, for errors.</param>
/// <param name="Name">What the data set is called in reports and errors.</param>
/// <param name="Classes">Class names; the index is the label.</param>
/// <param name="Files">A file for each image; at least one.</param>
/// <param name="Labels">A label for each image.</param>
internal sealed record ImageFileList(string Place, string Name, IReadOnlyList<string> Classes, string[] Files, int[] Labels)
{
    /// <summary>The classes, and the size of the first image whose header can be read.</summary>
    /// <exception cref="DataException">There is no such image.</exception>
    public DatasetOutline Outline()
    {
        var reader = new ImageFileReader();
        foreach (var file in Files)
            if (reader.Probe(file, out var size) is null) return new DatasetOutline(Classes, size) { Images = Files.Length };
        throw new DataException($"Data set '{Place}' has no image that can be read; put JPEG or PNG files into it.");
    }
}
