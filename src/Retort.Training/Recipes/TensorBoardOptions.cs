namespace Retort.Training.Recipes;

/// <summary>What is written for TensorBoard.</summary>
public sealed record TensorBoardOptions
{
    /// <summary>Whether histograms of the network's features on some test images are written after every epoch. Default false.</summary>
    public bool Histograms { get; init; }
}
