using Retort.Torch;

namespace Retort.Distillation;

/// <summary>
/// What a method computes for a step: the scalar that is minimised, and by name what it was made of or changed on the way. A method
/// without anything to tell returns the scalar alone.
/// </summary>
/// <param name="Value">A scalar, float32, unweighted; owned by the current scope.</param>
public sealed record MethodLoss(Tensor Value)
{
    /// <summary>
    /// Parts and by-products under the names that golden cases have for them ("factor.teacher", "sr", "memory_v1"). Any shape; owned by the
    /// current scope, or borrowed from the method's modules.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor> Outputs { get; init; } = new Dictionary<string, Tensor>();

    /// <summary>A loss without outputs.</summary>
    public static implicit operator MethodLoss(Tensor value) => new(value);
}
