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
    public IEnumerable<string> Notices()
    {
        foreach ((string which, ImageDataset images) in ((string, ImageDataset)[])[("training", Train), ("test", Test)])
        {
            if (images.IsStreamed)
            {
                yield return $"The {which} images are decoded whenever they are needed, threads: {images.Threads}: they would take "
                    + $"{images.DecodedBytes / 1e9:F1} GB, more than data.memory_mib or the free memory allows. One that proves damaged stops the run, with a "
                    + "checkpoint; 'retort data info' finds them beforehand.";
            }
        }
    }
}
