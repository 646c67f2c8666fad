namespace Retort.Vision.Augmentation;

/// <summary>How training images are varied. The defaults are those of CIFAR training in RepDistiller and torchvision's examples.</summary>
public sealed record CropFlipOptions
{
    /// <summary>Pixels of black put around the image before a window of its own size is cut out at random, ≥ 0. Default 4.</summary>
    public int Padding { get; init; } = 4;

    /// <summary>Mirror every second image, left to right. Default true.</summary>
    public bool Flip { get; init; } = true;

    /// <summary>Seed of the choices. Default 0.</summary>
    public ulong Seed { get; init; }
}
