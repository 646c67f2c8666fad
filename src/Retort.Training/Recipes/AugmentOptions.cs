using System.ComponentModel.DataAnnotations;
using Retort.Vision.Augmentation;

namespace Retort.Training.Recipes;

/// <summary>Random changes to the training images; test images are never changed. They are made in the order in which they stand here.</summary>
public sealed record AugmentOptions
{
    /// <summary>Black pixels put around an image before a random crop back to its size, 0..64; 0 means no crop. Default 4.</summary>
    [Range(0, 64)]
    public int Pad { get; init; } = 4;

    /// <summary>A random part of the image as it is in its file, scaled to the size that networks see, in place of the padded crop. Default none.</summary>
    public AugmentResizedCrop? ResizedCrop { get; init; }

    /// <summary>Whether every other image, by chance, is mirrored left to right. Default true.</summary>
    public bool Flip { get; init; } = true;

    /// <summary>Part by which brightness, contrast and colour change at most, each up or down, 0..1. Default 0.</summary>
    [Range(0.0, 1.0)]
    public double ColorJitter { get; init; }

    /// <summary>RandAugment: some random operations, or its magnitude alone. Default none.</summary>
    public AugmentRandom? Randaugment { get; init; }

    /// <summary>Random erasing of a rectangle, or its probability alone. Default none.</summary>
    public AugmentErasing? Erasing { get; init; }

    /// <summary>Shape of the beta distribution by which mixup adds two images and their labels, 0..100; 0 means no mixup. Default 0.</summary>
    [Range(0.0, 100.0)]
    public double Mixup { get; init; }

    /// <summary>Shape of that by which cutmix pastes a part of another image, 0..100; 0 means no cutmix. Default 0.</summary>
    [Range(0.0, 100.0)]
    public double Cutmix { get; init; }

    /// <summary>Share of the batches that are mixed where mixup or cutmix is on, 0..1. Default 1.</summary>
    [Range(0.0, 1.0)]
    public double MixProbability { get; init; } = 1;

    /// <summary>Share of cutmix among mixed batches where both are on, 0..1. Default 0.5.</summary>
    [Range(0.0, 1.0)]
    public double SwitchProbability { get; init; } = 0.5;

    /// <summary>
    /// How many variants there are of each image: an epoch shows those that the epoch so many before it showed. 0 means new ones in each epoch.
    /// With a few, <c>teacher.cache</c> saves the teacher's work. 0..10000. Default 0.
    /// </summary>
    [Range(0, 10000)]
    public int Variants { get; init; }

    /// <summary>Whether images and labels are mixed, so that an image has no single label.</summary>
    internal bool Mixes => ToMixing(0).IsOn;

    /// <summary>What is done to single images.</summary>
    /// <param name="seed">The run's.</param>
    internal AugmentationOptions ToAugmentation(ulong seed) => new()
    {
        CropFlip = new CropFlipOptions { Padding = Pad, Flip = Flip },
        ResizedCrop = ResizedCrop?.ToOptions(),
        ColorJitter = ColorJitter,
        RandAugment = Randaugment?.ToOptions(),
        Erasing = Erasing?.ToOptions(),
        Variants = Variants,
        Seed = seed,
    };

    /// <summary>What is done to batches.</summary>
    /// <param name="seed">The run's.</param>
    internal BatchMixingOptions ToMixing(ulong seed) => new()
    {
        Mixup = Mixup, Cutmix = Cutmix, Probability = MixProbability, SwitchProbability = SwitchProbability, Seed = seed,
    };
}
