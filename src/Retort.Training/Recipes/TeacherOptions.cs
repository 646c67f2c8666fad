using Retort.Distillation.Methods;
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

    /// <summary>
    /// Trains the teacher with branches of a student, as a student-friendly teacher (<c>retort show sftn</c>). With <c>init: pretrained</c>
    /// it starts from the checkpoint. Default: none; a teacher without a checkpoint learns the labels alone.
    /// </summary>
    public StudentFriendlyTeacherOptions? Sftn { get; init; }

    /// <summary>Whether the run trains it: it has no checkpoint, or starts from it.</summary>
    public bool IsTrained => Checkpoint is null || Sftn is not null;

    /// <summary>How to train a teacher without a checkpoint, or from it; keys that are left out are those of the recipe's 'train'. Default: as 'train'.</summary>
    public TrainOptions? Train { get; init; }

    /// <summary>
    /// Keeps what the teacher says of the training images, so that it runs once for the same variant of an image. Within a run variants come
    /// again only with <c>data.augment.variants</c>; in another run of the same seed they do always. Default: nothing is kept.
    /// </summary>
    public TeacherCacheOptions? Cache { get; init; }

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (Sftn is { Init: TeacherStart.Pretrained } && Checkpoint is null)
            yield return new(nameof(Sftn), "has 'init: pretrained', but there is no 'checkpoint' to start from: add it, or set 'init: scratch'");
        if (Sftn is { Init: TeacherStart.Scratch } && Checkpoint is not null)
        {
            yield return new(
                nameof(Checkpoint), "gives trained weights, but 'sftn' trains from scratch: set 'init: pretrained' in 'sftn' to train them further, "
                + "leave out 'checkpoint' to train anew, or leave out 'sftn' to distill from them as they are");
        }

        if (Normalization is not null && IsTrained)
            yield return new(nameof(Normalization), "is for a teacher that comes trained: one that the run trains sees images as 'data.normalization' says");
    }
}
