using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Training.Data;

/// <summary>The images of a run.</summary>
/// <param name="Title">What the data set is called in reports.</param>
/// <param name="Train">What is trained on.</param>
/// <param name="Test">What accuracy is measured on; the same classes in the same order.</param>
/// <param name="Normalization">How they are normalised: as the recipe says, else by the data set's own mean and deviation.</param>
/// <param name="Input">Size of the images that networks see; at most that of the images.</param>
public sealed record DataSplits(string Title, ImageDataset Train, ImageDataset Test, Normalization Normalization, ImageSize Input)
{
    /// <summary>Training images that are held out to choose the best epoch on; null: there are none, and it is chosen on the test images.</summary>
    public ImageDataset? Dev { get; init; }

    /// <summary>What a user should know of how the images are read; nothing where all are in memory.</summary>
    public IEnumerable<string> Notices() => ((string?[])[NoticeOf("training", Train), NoticeOf("test", Test)]).OfType<string>();

    /// <summary>That images are streamed, and what follows; null where they are in memory.</summary>
    /// <param name="which">"training" or "test".</param>
    /// <param name="images">The images.</param>
    internal static string? NoticeOf(string which, ImageDataset images) => !images.IsStreamed ? null :
        $"The {which} images are streamed, decoding threads: {images.Threads}: "
        + (images.IsWhole ? "random parts are cut out of them as they are in their files (augment.resized_crop)"
            : $"in memory they would take {images.DecodedBytes / 1e9:F1} GB, more than is free or data.memory_mib allows")
        + ". One that is damaged behind its header is an error when its turn comes; 'retort data info' finds all.";
}
