using Retort.Torch;

namespace Retort.Distillation;

/// <summary>
/// What a method gets in a training step; floating-point tensors are float32. All are borrowed. N is the number of samples; for a method with
/// <see cref="Method.Views"/> logits and features have (1 + views)·N rows, those of a sample one after another.
/// </summary>
public sealed record StepInput
{
    /// <summary>[N, classes], or [N, classes, H, W] for dense prediction; with gradient.</summary>
    public required Tensor StudentLogits { get; init; }

    /// <summary>The same of the teacher, without gradient unless the teacher is what trains.</summary>
    public required Tensor TeacherLogits { get; init; }

    /// <summary>The features of the pairs that the method was bound to, in that order.</summary>
    public IReadOnlyList<FeaturePair> Features { get; init; } = [];

    /// <summary>Int64 [N]: the class of each sample; or, for dense prediction, [N, H, W]: that of each pixel.</summary>
    public required Tensor Labels { get; init; }

    /// <summary>Int64 [N]: number of each sample in the training set.</summary>
    public required Tensor Indices { get; init; }

    /// <summary>
    /// Whatever else the method reads, under the names that golden cases have for it ("contrast_indices", "branch.0"). A method draws or
    /// computes what is absent here itself, where it can.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor> Inputs { get; init; } = new Dictionary<string, Tensor>();
}
