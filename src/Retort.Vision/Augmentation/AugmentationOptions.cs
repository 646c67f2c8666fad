namespace Retort.Vision.Augmentation;

/// <summary>How <see cref="AugmentedTransform"/> varies training images. What is null is not done.</summary>
public sealed record AugmentationOptions
{
    /// <summary>Padded crop and mirroring; its padding is not used beside <see cref="ResizedCrop"/>, its seed never.</summary>
    public CropFlipOptions CropFlip { get; init; } = new();

    /// <summary>A random part of the image, scaled, in place of the padded crop. Default null.</summary>
    public RandomResizedCropOptions? ResizedCrop { get; init; }

    /// <summary>By which factor at most brightness, contrast and colour change, each up or down, in random order, 0..1. Default 0.</summary>
    public double ColorJitter { get; init; }

    /// <summary>Random operations on the pixels. Default null.</summary>
    public RandAugmentOptions? RandAugment { get; init; }

    /// <summary>Rectangles that are erased. Default null.</summary>
    public RandomErasingOptions? Erasing { get; init; }

    /// <summary>How many variants there are of each image, which epochs show in turn; 0: a new one in each epoch. Default 0.</summary>
    public int Variants { get; init; }

    /// <summary>Seed of all choices. Default 0.</summary>
    public ulong Seed { get; init; }
}
