using System.ComponentModel.DataAnnotations;
using Retort.Vision.Augmentation;

namespace Retort.Training.Recipes;

/// <summary>Random changes to the training images; test images are never changed.</summary>
public sealed record AugmentOptions
{
    /// <summary>Black pixels put around an image before a random crop back to its size, 0..64; 0 means no crop. Default 4.</summary>
    [Range(0, 64)]
    public int Pad { get; init; } = 4;

    /// <summary>Whether every other image, by chance, is mirrored left to right. Default true.</summary>
    public bool Flip { get; init; } = true;

    /// <summary>The same for the image pipeline; the seed is the run's to add.</summary>
    public CropFlipOptions ToCropFlip() => new() { Padding = Pad, Flip = Flip };
}
