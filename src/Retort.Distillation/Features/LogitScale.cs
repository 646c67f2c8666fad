using Retort.Torch;

namespace Retort.Distillation.Features;

/// <summary>Standardisation of logits (Sun et al., arXiv:2403.01427): only their order and relative distances are taught, not their scale.</summary>
public static class LogitScale
{
    private const double Epsilon = 1e-7;

    /// <summary><c>(z − mean) / (std + 1e-7)</c> of each sample's logits, with the deviation over classes − 1.</summary>
    /// <param name="logits">[N, classes, ...], at least 2 classes; constant logits become 0.</param>
    /// <returns>The same shape.</returns>
    public static Tensor Standardize(Tensor logits) =>
        (logits - logits.Mean([1], keepdim: true)) / (logits.Std([1], unbiased: true, keepdim: true) + Epsilon);

    /// <summary>Standardises both sides where the option is on.</summary>
    /// <param name="step">The step.</param>
    /// <param name="on">The option.</param>
    public static (Tensor Student, Tensor Teacher) Of(StepInput step, bool on) => on
        ? (Standardize(step.StudentLogits), Standardize(step.TeacherLogits))
        : (step.StudentLogits, step.TeacherLogits);
}
