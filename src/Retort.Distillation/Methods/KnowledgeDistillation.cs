using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Features;
using Retort.Torch;

namespace Retort.Distillation.Methods;

/// <summary>Options of <see cref="KnowledgeDistillation"/>.</summary>
public sealed record KnowledgeDistillationOptions
{
    /// <summary>Softening of both distributions, greater than 0. Default 4, as RepDistiller's experiments on CIFAR.</summary>
    [Range(1e-3, 1e3)]
    public double Temperature { get; init; } = 4;

    /// <summary>Standardises the logits of both networks first (arXiv:2403.01427, which takes temperature 2 and weight 9). Default false.</summary>
    public bool Standardize { get; init; }
}

/// <summary>
/// Knowledge distillation (Hinton et al., arXiv:1503.02531, section 2): the student's softened class probabilities follow the teacher's,
/// <c>T² · mean over the batch of KL(softmax(z_t / T) ‖ softmax(z_s / T))</c>. The factor T² keeps the gradient's size independent of T.
/// </summary>
[Method(
    "kd", Title = "Knowledge distillation", Paper = "arXiv:1503.02531", Summary = "softened class probabilities (KL divergence)",
    Weight = 0.9, CrossEntropy = 0.1, IsBaseline = true)]
public sealed class KnowledgeDistillation(KnowledgeDistillationOptions options) : Method<KnowledgeDistillationOptions>(options)
{
    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step)
    {
        (Tensor student, Tensor teacher) = LogitScale.Of(step, Options.Standardize);
        return Divergence(student, teacher, Options.Temperature);
    }

    /// <summary>The term as a function of logits.</summary>
    /// <param name="student">[N, classes], or [N, classes, H, W] for dense prediction: the mean is over the pixels then.</param>
    /// <param name="teacher">The same shape, without gradient.</param>
    /// <param name="temperature">Greater than 0.</param>
    /// <returns>A scalar.</returns>
    public static Tensor Divergence(Tensor student, Tensor teacher, double temperature)
    {
        Tensor log = (student / temperature).LogSoftmax(1);
        Tensor target = (teacher / temperature).LogSoftmax(1);
        // Summed over the classes, averaged over the predictions; "mean" would divide by the classes too.
        long predictions = student.Count / student.Size(1);
        return log.KlDiv(target, Reduction.Sum, logTarget: true) * (temperature * temperature / predictions);
    }
}
