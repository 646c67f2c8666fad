namespace Retort.Vision;

/// <summary>What a random stream is for. The numbers are part of "same seed, same data": never reuse or change one.</summary>
internal enum RandomPurpose
{
    Order = 1,
    Augmentation = 2,
    TrainingShapes = 3,
    TestShapes = 4,
    LabelNoise = 5,
    PixelAugmentation = 6,
    Erasing = 7,
    Mixing = 8,
    DevSplit = 20,
}
