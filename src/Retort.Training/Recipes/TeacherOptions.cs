using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Methods;
using Retort.Distillation.Options;
using Retort.Torch.Serialization;
using Retort.Training.Comparisons;

namespace Retort.Training.Recipes;

/// <summary>The network that is distilled from.</summary>
public sealed record TeacherOptions : IValidatableOptions
{
    /// <summary>Model's name, as "resnet56" (<c>retort list models</c>). Default: none, where 'torchscript' gives the network.</summary>
    public string? Model { get; init; }

    /// <summary>
    /// A network that PyTorch scripted or traced (torch.jit.save), as a file; code and weights are in it. Relative paths as those of
    /// 'checkpoint'. Default: none.
    /// </summary>
    [MinLength(1)]
    public string? Torchscript { get; init; }

    /// <summary>
    /// Of a TorchScript network, which modules give the features that methods read, by the taps' names: <c>{stage1: layer1, pooled: avgpool}</c>,
    /// from the input to the output. Default: none, which is enough for methods that read logits.
    /// </summary>
    public OptionMapping? Taps { get; init; }

    /// <summary>
    /// Of a TorchScript network that gives several tensors, the logits: a place in a tuple ("0") or a key of a dict ("logits"), nested as "1.0".
    /// Default: it gives one tensor.
    /// </summary>
    public string? Output { get; init; }

    /// <summary>
    /// Its trained weights, a <c>.safetensors</c> or <c>.pth</c> file. A relative path counts from the current directory, else from
    /// the folder of the recipe or of one that it extends. Default: none; the teacher is trained first.
    /// </summary>
    public string? Checkpoint { get; init; }

    /// <summary>Where the weights are in a checkpoint that has several, as "model_ema". Default: they are searched, averaged ones last.</summary>
    public string? Key { get; init; }

    /// <summary>Changes names of the checkpoint's tensors, in order: FROM=TO, FROM a regular expression (<c>retort inspect</c>). Default: none.</summary>
    public ValueList<string>? Rename { get; init; }

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

    /// <summary>Whether the run trains it: it has no weights, or starts from them.</summary>
    public bool IsTrained => (Checkpoint is null && Torchscript is null) || Sftn is not null;

    /// <summary>What it is called: its model, or its TorchScript file without the ending.</summary>
    public string Name => Model ?? Path.GetFileNameWithoutExtension(Torchscript) ?? "";

    /// <summary>How its checkpoint is read; validated before.</summary>
    public StateDictOptions Weights => new() { Key = Key, Renames = [.. (Rename ?? []).Select(RenameRule.Parse)] };

    /// <summary>How to train a teacher without a checkpoint or, with 'sftn', from it; keys that are left out are those of the recipe's 'train'. Default: as 'train'.</summary>
    public TrainOptions? Train { get; init; }

    /// <summary>
    /// Keeps what the teacher says of the training images, so that it runs once for the same variant of an image. Within a run variants come
    /// again only with <c>data.augment.variants</c>; in another run of the same seed they do always. Default: nothing is kept.
    /// </summary>
    public TeacherCacheOptions? Cache { get; init; }

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        foreach (OptionProblem problem in ValidateSource().Concat(ValidateTaps()))
            yield return problem;
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

    private IEnumerable<OptionProblem> ValidateSource()
    {
        if (Model is null && Torchscript is null)
            yield return new(nameof(Model), "is missing: add it, it must be a text, or name a TorchScript network with 'torchscript'");
        if (Torchscript is not null && (Model ?? Checkpoint) is not null)
            yield return new(nameof(Torchscript), "has its own code and weights: leave out 'model' and 'checkpoint', or 'torchscript'");
        if (Torchscript is not null && (Sftn is not null || Train is not null))
            yield return new(nameof(Torchscript), "gives a network that is as it is, and cannot be trained: leave out 'sftn' and 'train'");
        if (Checkpoint is null && (Key is not null || Rename is not null))
            yield return new(Key is not null ? nameof(Key) : nameof(Rename), "is about a 'checkpoint', which there is not: add one, or leave it out");
        foreach (string rule in Rename ?? [])
        {
            if (FaultOf(rule) is { } fault)
                yield return new(nameof(Rename), $"has a rule that cannot be used: {fault}");
        }
    }

    private IEnumerable<OptionProblem> ValidateTaps()
    {
        if (Torchscript is null && (Taps ?? (object?)Output) is not null)
            yield return new(Output is null ? nameof(Taps) : nameof(Output), "is for a 'torchscript' network: a model has its own taps and output");
        foreach (OptionEntry tap in Taps?.Entries ?? [])
        {
            if (tap.Value is not OptionScalar { Text.Length: > 0 })
                yield return new(nameof(Taps), $"gives '{tap.Key}' no module: name it by its path, as layer1 or features.7");
            // It becomes part of a file's name where the teacher's outputs are kept.
            if (!ComparisonRecipe.IsName(tap.Key))
                yield return new(nameof(Taps), $"names a tap '{tap.Key}': names are letters, digits, '-', '_' and '.', but do not begin with '.', as stage1");
            if (Taps!.Entries.Count(other => other.Key == tap.Key) > 1)
                yield return new(nameof(Taps), $"has '{tap.Key}' twice: keep one of them");
        }
    }

    private static string? FaultOf(string rule)
    {
        try
        {
            RenameRule.Parse(rule);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message.TrimEnd('.');
        }
    }
}
