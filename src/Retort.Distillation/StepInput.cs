using Retort.Torch;

namespace Retort.Distillation;

/// <summary>What a method gets in a training step; floating-point tensors are float32. All are borrowed.</summary>
public sealed record StepInput
{
    /// <summary>[N, classes], with gradient.</summary>
    public required Tensor StudentLogits { get; init; }

    /// <summary>[N, classes], without gradient.</summary>
    public required Tensor TeacherLogits { get; init; }

    /// <summary>The features of the pairs that the method was bound to, in that order.</summary>
    public IReadOnlyList<FeaturePair> Features { get; init; } = [];

    /// <summary>Int64 [N]: the class of each sample.</summary>
    public required Tensor Labels { get; init; }

    /// <summary>Int64 [N]: number of each sample in the training set.</summary>
    public required Tensor Indices { get; init; }
}
