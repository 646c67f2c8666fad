using Retort.Distillation.Options;

namespace Retort.Training.Recipes;

/// <summary>The network that is distilled from.</summary>
public sealed record TeacherOptions : IValidatableOptions
{
    /// <summary>Model's name, as "resnet56" (<c>retort list models</c>).</summary>
    public required string Model { get; init; }

    /// <summary>
    /// Its trained weights, a <c>.safetensors</c> or <c>.pth</c> file. A relative path counts from the current directory, else from
    /// the folder of the recipe or of one that it extends. Default: none; the teacher is trained first.
    /// </summary>
    public string? Checkpoint { get; init; }

    /// <summary>
    /// Mean and standard deviation that the checkpoint was trained with: a preset's name, or both. Default: what the checkpoint says, else
    /// those of the data.
    /// </summary>
    public NormalizationOptions? Normalization { get; init; }

    /// <summary>How to train a teacher without a checkpoint; keys that are left out are those of the recipe's 'train'. Default: as 'train'.</summary>
    public TrainOptions? Train { get; init; }

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (Normalization is not null && Checkpoint is null)
            yield return new(nameof(Normalization), "is for a teacher with a 'checkpoint': one that the run trains sees images as 'data.normalization' says");
    }
}
