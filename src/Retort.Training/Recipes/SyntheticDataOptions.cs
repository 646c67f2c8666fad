using System.ComponentModel.DataAnnotations;
using Retort.Vision.Datasets;

namespace Retort.Training.Recipes;

/// <summary>The embedded set: 32×32 RGB images made in code, the same on every machine.</summary>
public sealed record SyntheticDataOptions : DataOptions
{
    /// <summary>Number of training images, at least 1. Default 10000.</summary>
    [Range(1, 10_000_000)]
    public int TrainImages { get; init; } = 10_000;

    /// <summary>Number of test images, at least 1. Default 2000.</summary>
    [Range(1, 10_000_000)]
    public int TestImages { get; init; } = 2_000;

    /// <summary>Share of the training images whose label is wrong, 0 to 0.9; test labels are always true. Default 0.</summary>
    [Range(0.0, 0.9)]
    public double LabelNoise { get; init; }

    /// <summary>Seed of the images and of which labels are wrong; another one draws another set of the same kind. Default 1.</summary>
    [Range(0, int.MaxValue)]
    public int ImageSeed { get; init; } = 1;

    /// <inheritdoc/>
    public override ImageDataset Read(
        DatasetSplit split, IReadOnlyList<string>? classes, Action<string, int, int>? progress, CancellationToken cancel) =>
        SyntheticShapes.Generate(
            split,
            new SyntheticShapesOptions
            {
                Seed = (ulong)ImageSeed, TrainingImages = TrainImages, TestImages = TestImages, LabelNoise = LabelNoise,
            },
            cancel);

    /// <inheritdoc/>
    public override DatasetOutline Outline() =>
        new(SyntheticShapes.Classes, ImageSize.Square(new SyntheticShapesOptions().Side)) { Images = TrainImages };

    /// <inheritdoc/>
    protected override string Title(ImageDataset train) => "synthetic shapes";
}
