using Retort.Torch;

namespace Retort.Distillation;

/// <summary>The features of one matched pair of taps.</summary>
/// <param name="Student">[N, C, H, W] or [N, D]; carries the gradient.</param>
/// <param name="Teacher">[N, C', H', W'] or [N, D']; without gradient.</param>
public readonly record struct FeaturePair(Tensor Student, Tensor Teacher);
