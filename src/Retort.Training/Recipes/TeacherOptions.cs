namespace Retort.Training.Recipes;

/// <summary>The network that is distilled from.</summary>
public sealed record TeacherOptions
{
    /// <summary>Model's name, as "resnet56" (<c>retort list models</c>).</summary>
    public required string Model { get; init; }

    /// <summary>
    /// Its trained weights, a <c>.safetensors</c> or <c>.pth</c> file. A relative path counts from the current directory, else from
    /// the folder of the recipe or of one that it extends. Default: none; the teacher is trained first.
    /// </summary>
    public string? Checkpoint { get; init; }

    /// <summary>How to train a teacher without a checkpoint; keys that are left out are those of the recipe's 'train'. Default: as 'train'.</summary>
    public TrainOptions? Train { get; init; }
}
