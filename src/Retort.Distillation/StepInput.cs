using System.Diagnostics.CodeAnalysis;
using Retort.Torch;

namespace Retort.Distillation;

/// <summary>
/// What a method gets in a training step; floating-point tensors are float32. All are borrowed. N is the number of samples; for a method with
/// <see cref="Method.Views"/> logits and features have (1 + views)·N rows, those of a sample one after another.
/// </summary>
public sealed record StepInput
{
    private readonly Tensor? _teacherLogits;

    /// <summary>[N, classes], or [N, classes, H, W] for dense prediction; with gradient.</summary>
    public required Tensor StudentLogits { get; init; }

    /// <summary>The same of the teacher, without gradient unless the teacher is what trains; may be left out (null) for a method that does not read them.</summary>
    /// <exception cref="InvalidOperationException">They are not there: the method says that it does not read them (<see cref="Method.ReadsTeacherLogits"/>).</exception>
    [AllowNull]
    public required Tensor TeacherLogits
    {
        get => _teacherLogits ?? throw new InvalidOperationException(
            $"The teacher's logits are not there: a method that reads them says so by {nameof(Method.ReadsTeacherLogits)}.");
        init => _teacherLogits = value;
    }

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
