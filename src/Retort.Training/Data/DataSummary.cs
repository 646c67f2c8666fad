using Retort.Training.Recipes;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Training.Data;

/// <summary>What a data set holds, counted from its images.</summary>
/// <param name="Title">What it is called in reports.</param>
/// <param name="Size">The size of every image as it is read.</param>
/// <param name="Smallest">That of the image with the fewest pixels in its file.</param>
/// <param name="Largest">That of the image with the most.</param>
/// <param name="Normalization">Mean and standard deviation of each channel over the training images, of pixels in 0..1.</param>
/// <param name="Classes">Class by class, in label order.</param>
/// <param name="Unreadable">The images that cannot be read, and why; not counted.</param>
public sealed record DataSummary(
    string Title, ImageSize Size, ImageSize Smallest, ImageSize Largest, Normalization Normalization, IReadOnlyList<ClassCount> Classes,
    IReadOnlyList<SkippedImage> Unreadable)
{
    /// <summary>Reads a data set and counts. Images of different sizes are scaled to that of the first where the options give none.</summary>
    /// <param name="options">Where it is.</param>
    /// <param name="progress">As <see cref="DataOptions.Read"/>.</param>
    /// <param name="cancel">Stops the reading.</param>
    /// <exception cref="DataException">The data is missing, or so damaged that a class has no image.</exception>
    public static DataSummary Read(DataOptions options, Action<string, int, int>? progress, CancellationToken cancel)
    {
        List<SkippedImage> unreadable = [];
        List<ImageSize> sizes = [];
        (string title, ImageDataset train, ImageDataset? dev, ImageDataset test) =
            (options with { OnSkipped = unreadable.Add, OnSizes = sizes.AddRange }).ReadSplits(progress, cancel);
        return new DataSummary(
            title, train.Size, sizes.Count == 0 ? train.Size : sizes.MinBy(Pixels), sizes.Count == 0 ? train.Size : sizes.MaxBy(Pixels), DataOptions.Measure(train, progress, cancel),
            [
                .. train.Classes.Select((name, label) => new ClassCount(
                    name, Count(train, label), dev is null ? 0 : Count(dev, label), Count(test, label))),
            ],
            unreadable);
    }

    private static long Pixels(ImageSize size) => (long)size.Width * size.Height;

    private static int Count(ImageDataset images, int label)
    {
        int count = 0;
        foreach (int own in images.Labels)
            count += own == label ? 1 : 0;
        return count;
    }
}
