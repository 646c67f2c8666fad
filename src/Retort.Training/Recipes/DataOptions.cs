using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;
using Retort.Training.Data;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Training.Recipes;

/// <summary>The images to train and test on.</summary>
[OptionVariants("kind")]
[OptionVariant("synthetic", typeof(SyntheticDataOptions))]
[OptionVariant("folder", typeof(FolderDataOptions))]
[OptionVariant("csv", typeof(CsvDataOptions))]
[OptionVariant("idx", typeof(IdxDataOptions))]
[OptionVariant("cifar10", typeof(Cifar10DataOptions))]
[OptionVariant("cifar100", typeof(Cifar100DataOptions))]
public abstract record DataOptions
{
    /// <summary>Mean and standard deviation that pixels are normalised with: a preset's name, or both. Default: those of the data set itself.</summary>
    public NormalizationOptions? Normalization { get; init; }

    /// <summary>Random changes to the training images.</summary>
    public AugmentOptions Augment { get; init; } = new();

    /// <summary>Size of the images that networks see; null: that of the images as they are read.</summary>
    internal virtual ImageSize? Input => null;

    /// <summary>
    /// Share of the training images, the same of each class, that is held out to choose the best epoch on; 0 up to but not 1. Default 0: none
    /// is, and the best epoch is chosen on the test images.
    /// </summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double DevSplit { get; init; }

    /// <summary>Seed of which images are held out, at least 0. Default 0.</summary>
    [Range(0, int.MaxValue)]
    public int DevSeed { get; init; }

    /// <summary>Is told of every image that cannot be read, which is then left out; null (the default): one such image fails the reading.</summary>
    internal Action<SkippedImage>? OnSkipped { get; init; }

    /// <summary>Is told the sizes that images have in their files; then they may differ. Null (the default): nobody, and where no size is given they must not.</summary>
    internal Action<IReadOnlyList<ImageSize>>? OnSizes { get; init; }

    /// <summary>These options but for how the images are read: where they are equal, so are the images.</summary>
    internal virtual DataOptions Content => this;

    /// <summary>Reads or makes the images of one split.</summary>
    /// <param name="split">Training or test.</param>
    /// <param name="classes">The classes that there must be, in label order; null: whatever there are.</param>
    /// <param name="progress">Is told what is being done, how much is done, and how much there is (0: unknown).</param>
    /// <param name="cancel">Stops the reading.</param>
    /// <exception cref="DataException">The data is missing or damaged.</exception>
    public abstract ImageDataset Read(
        DatasetSplit split, IReadOnlyList<string>? classes, Action<string, int, int>? progress, CancellationToken cancel);

    /// <summary>Sees what both splits hold, without reading the images.</summary>
    /// <returns>What the training split holds.</returns>
    /// <exception cref="DataException">The data is missing.</exception>
    public abstract DatasetOutline Outline();

    /// <summary>Reads or makes both splits, and normalises by the data set's own mean and deviation where the recipe gives none.</summary>
    /// <inheritdoc cref="Read"/>
    public DataSplits Load(Action<string, int, int>? progress, CancellationToken cancel)
    {
        (string title, ImageDataset train, ImageDataset? dev, ImageDataset test) = ReadSplits(progress, cancel);
        RequireClasses(train.Classes);
        RequireOneSize(train.Size, test.Size);
        return new DataSplits(
            title, train, test, Normalization?.ToNormalization() ?? Own(train, progress, cancel), Input ?? train.Size) { Dev = dev };
    }

    /// <summary>Reads or makes both splits, and holds images out; the test split must have the training split's classes.</summary>
    /// <inheritdoc cref="Read"/>
    internal (string Title, ImageDataset Train, ImageDataset? Dev, ImageDataset Test) ReadSplits(
        Action<string, int, int>? progress, CancellationToken cancel)
    {
        RequireSplits();
        ImageDataset train = Read(DatasetSplit.Training, classes: null, progress, cancel);
        ImageDataset test = Read(DatasetSplit.Test, train.Classes, progress, cancel);
        string title = Title(train);
        if (DevSplit == 0)
            return (title, train, null, test);
        (ImageDataset kept, ImageDataset held) = StratifiedSplit.Divide(train, DevSplit, (ulong)DevSeed);
        return (title, kept, held, test);
    }

    /// <summary>Refuses data in which nothing is to be told apart, as a folder of folders of classes gives that lies too deep.</summary>
    /// <exception cref="DataException">There is one class.</exception>
    internal static void RequireClasses(IReadOnlyList<string> classes)
    {
        if (classes.Count < 2)
        {
            throw new DataException(
                $"All training images are of one class, '{string.Join(", ", classes)}', so that there is nothing to learn: give at least 2; in a folder, each is a folder "
                + "beside the others, as train/cat and train/dog.");
        }
    }

    /// <summary>Looks whether both splits are there, at little cost: a missing one should not be told only after the other was read for minutes.</summary>
    /// <exception cref="DataException">One is missing.</exception>
    internal virtual void RequireSplits()
    {
    }

    /// <summary>Refuses splits whose images differ where networks are to see them as they are: the larger would be cut, the smaller get a black border.</summary>
    /// <exception cref="DataException">They differ.</exception>
    private protected void RequireOneSize(ImageSize train, ImageSize test)
    {
        if (Input is null && train != test)
        {
            throw new DataException(
                $"The training images are {train}, the test images {test}, but networks see one size: make them alike, or set 'data.size' (of image files) to the size to be seen.");
        }
    }

    /// <summary>The mean and deviation of some images.</summary>
    internal static Normalization Measure(ImageDataset images, Action<string, int, int>? progress, CancellationToken cancel) =>
        Retort.Vision.Augmentation.Normalization.Measure(
            images, images.IsStreamed ? (done, total) => progress?.Invoke("measuring mean and deviation of the training images", done, total) : null, cancel);

    /// <summary>The data set's own mean and deviation, for a recipe that gives none.</summary>
    /// <inheritdoc cref="Read"/>
    protected virtual Normalization Own(ImageDataset train, Action<string, int, int>? progress, CancellationToken cancel) =>
        Measure(train, progress, cancel);

    /// <summary>What the data set is called in reports.</summary>
    protected virtual string Title(ImageDataset train) => train.Name;
}
