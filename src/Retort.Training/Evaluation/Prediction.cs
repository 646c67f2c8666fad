using System.Runtime.InteropServices;

namespace Retort.Training.Evaluation;

/// <summary>What a network said of one image.</summary>
/// <param name="Label">The true class.</param>
/// <param name="Class">The class with the highest logit.</param>
/// <param name="Confidence">That class's probability, the highest of the softmax, 0..1; NaN when the logits are no numbers.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct Prediction(int Label, int Class, float Confidence)
{
    /// <summary>Whether it is right.</summary>
    public bool IsHit => Class == Label;
}
