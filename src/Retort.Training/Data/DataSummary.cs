using Retort.Training.Recipes;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Training.Data;

/// <summary>What a data set holds, counted from its images.</summary>
/// <param name="Title">What it is called in reports.</param>
/// <param name="Size">The size of every image.</param>
/// <param name="Normalization">Mean and standard deviation of each channel over the training images, of pixels in 0..1.</param>
/// <param name="Classes">Class by class, in label order.</param>
/// <param name="Unreadable">The images that cannot be read, and why; not counted.</param>
public sealed record DataSummary(
    string Title, ImageSize Size, Normalization Normalization, IReadOnlyList<ClassCount> Classes, IReadOnlyList<SkippedImage> Unreadable)
{
    /// <summary>Reads a data set and counts.</summary>
    /// <param name="options">Where it is.</param>
    /// <param name="progress">As <see cref="DataOptions.Read"/>.</param>
    /// <param name="cancel">Stops the reading.</param>
    /// <exception cref="DataException">The data is missing, or so damaged that a class has no image.</exception>
    public static DataSummary Read(DataOptions options, Action<string, int, int>? progress, CancellationToken cancel)
    {
        List<SkippedImage> unreadable = [];
        (string title, ImageDataset train, ImageDataset? dev, ImageDataset test) = (options with { OnSkipped = unreadable.Add }).ReadSplits(progress, cancel);
        return new DataSummary(
            title, train.Size, DataOptions.Measure(train, progress, cancel),
            [
                .. train.Classes.Select((name, label) => new ClassCount(
                    name, Count(train, label), dev is null ? 0 : Count(dev, label), Count(test, label))),
            ],
            unreadable);
    }

    private static int Count(ImageDataset images, int label)
    {
        int count = 0;
        foreach (int own in images.Labels)
            count += own == label ? 1 : 0;
        return count;
    }
}
