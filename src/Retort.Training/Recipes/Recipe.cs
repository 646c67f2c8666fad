using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Retort.Distillation.Options;

namespace Retort.Training.Recipes;

/// <summary>Everything that determines a run: data, networks, loss and training. Read from YAML, or made in code.</summary>
public sealed partial record Recipe : IValidatableOptions
{
    /// <summary>Name of the run and of its folder under <c>runs/</c>. Default: the recipe file's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The images. Default: the embedded synthetic set.</summary>
    public DataOptions Data { get; init; } = new SyntheticDataOptions();

    /// <summary>The network that is distilled from. Default: none, which is right where 'distill' has ce only.</summary>
    public TeacherOptions? Teacher { get; init; }

    /// <summary>The network that is trained.</summary>
    public required StudentOptions Student { get; init; }

    /// <summary>Whether the student is trained alone first, on the labels only, to compare with. Default false.</summary>
    public bool PlainStudent { get; init; }

    /// <summary>Terms of the student's loss, which are added; ce at most once, methods also several times. Default: ce with weight 1.</summary>
    [MinLength(1)]
    public ValueList<DistillTerm> Distill { get; init; } = [new(DistillTerm.CrossEntropy, 1)];

    /// <summary>How the student is trained.</summary>
    public TrainOptions Train { get; init; } = new();

    /// <summary>Whether events for TensorBoard are written beside the run's figures, and what in them. Default: none are.</summary>
    public TensorBoardOptions? Tensorboard { get; init; }

    /// <summary>How the teacher is trained where it has no checkpoint.</summary>
    [JsonIgnore]
    public TrainOptions TeacherTrain => Teacher?.Train ?? Train;

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (Name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) || Name.StartsWith('.'))
            yield return new(nameof(Name), $"is '{Name}', but names a folder and must consist of letters, digits, '-', '_' and '.' and not begin with '.'");
        if (Distill.Count(t => t.IsCrossEntropy) > 1)
            yield return new(nameof(Distill), $"has '{DistillTerm.CrossEntropy}' twice: keep one of them");
        foreach (var term in Distill.Where(t => t.IsCrossEntropy && t.Options.Entries.Count > 0))
            yield return new(nameof(Distill), $"gives '{term.Method}' an option '{term.Options.Entries[0].Key}', but it has a weight only");
        if (Distill.Any(t => t.IsCrossEntropy && t.WarmupEpochs > 0))
            yield return new(nameof(Distill), $"gives '{DistillTerm.CrossEntropy}' a warm-up, but only the terms of methods have one: leave it out");
        if (Teacher is null && Distill.FirstOrDefault(t => !t.IsCrossEntropy) is { } needy)
            yield return new(nameof(Teacher), $"is missing: '{needy.Method}' distills from a teacher, add 'teacher: {{model: ...}}'");
        if (Teacher?.Cache is { Enabled: true } && Data.Augment.Mixes)
            yield return new(nameof(Teacher), "has a 'cache', but mixup and cutmix of 'data.augment' make images that never come again: leave out one of them");
        if (Distill.All(t => t.Weight == 0))
            yield return new(nameof(Distill), "has only weights of 0, so that nothing would be learned: give one of them a weight above 0");
    }
}
