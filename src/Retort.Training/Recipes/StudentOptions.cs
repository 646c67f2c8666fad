using System.ComponentModel.DataAnnotations;

namespace Retort.Training.Recipes;

/// <summary>The network that is trained.</summary>
public sealed record StudentOptions
{
    /// <summary>Model's name, as "resnet20" (<c>retort list models</c>).</summary>
    public required string Model { get; init; }

    /// <summary>
    /// Weights of the model that it starts from, a <c>.safetensors</c> or <c>.pth</c> file, also where it learns alone. A relative path counts
    /// from the current directory, else from the folder of the recipe or of one that it extends. Default: none; it starts from random ones.
    /// </summary>
    [MinLength(1)]
    public string? Checkpoint { get; init; }
}
