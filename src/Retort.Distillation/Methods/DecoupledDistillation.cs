using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Torch;

namespace Retort.Distillation.Methods;

/// <summary>Options of <see cref="DecoupledDistillation"/>.</summary>
public sealed record DecoupledDistillationOptions : IValidatableOptions
{
    /// <summary>Weight of the label's share against all others, at least 0. Default 1 (paper).</summary>
    [Range(0, 1e6)]
    public double Alpha { get; init; } = 1;

    /// <summary>Weight of the distribution among the other classes, at least 0. Default 8 (authors' code; 2, 6 or 8 by the pair of networks).</summary>
    [Range(0, 1e6)]
    public double Beta { get; init; } = 8;

    /// <summary>Softening of all distributions, greater than 0. Default 4 (authors' code on CIFAR-100; 1 on ImageNet).</summary>
    [Range(1e-3, 1e3)]
    public double Temperature { get; init; } = 4;

    /// <summary>Standardises the logits of both networks first (arXiv:2403.01427). Default false.</summary>
    public bool Standardize { get; init; }

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (Beta == 0 && Alpha == 0)
            yield return new(nameof(Beta), "must be above 0 where 'alpha' is 0");
    }
}

/// <summary>
/// Decoupled distillation (Zhao et al., arXiv:2203.08679): the divergence of knowledge distillation, split into that of the label's
/// probability against the rest (TCKD) and that among the other classes (NCKD), weighted apart.
/// </summary>
/// <remarks>
/// The authors raise the term's weight over the first 20 epochs: <c>warmup_epochs: 20</c> beside the weight. Dense prediction takes the mean
/// over the pixels, and needs the class of each of them.
/// </remarks>
[Method("dkd", Title = "Decoupled distillation", Paper = "arXiv:2203.08679",
    Summary = "probability of the label, and distribution of the others", Weight = 1)]
public sealed class DecoupledDistillation(DecoupledDistillationOptions options) : Method<DecoupledDistillationOptions>(options)
{
    /// <inheritdoc/>
    public override bool ReadsSamples => true;

    /// <inheritdoc/>
    public override void Bind(MethodBinding binding)
    {
        if (binding.Student.Classes == 1)
            throw new MethodException($"dkd needs logits of 2 classes or more, but {binding.Student.Name} gives one: take another method.");
    }

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step)
    {
        if (step.Labels.Rank != step.StudentLogits.Rank - 1)
        {
            throw new MethodException(
                $"dkd needs a label for each prediction, but was given labels [{string.Join(", ", step.Labels.Shape)}] for logits "
                + $"[{string.Join(", ", step.StudentLogits.Shape)}]: give the class of every pixel, [N, H, W], or take another method.");
        }

        (Tensor student, Tensor teacher) = LogitScale.Of(step, Options.Standardize);
        (Tensor target, Tensor others) = Divergences(student, teacher, step.Labels, Options.Temperature);
        double scale = Options.Temperature * Options.Temperature;
        return new MethodLoss((target.Mean() * (scale * Options.Alpha)) + (others.Mean() * (scale * Options.Beta)))
        {
            Outputs = new Dictionary<string, Tensor> { ["tckd"] = target, ["nckd"] = others },
        };
    }

    /// <summary>
    /// Both divergences of each sample: <c>TCKD = KL(b_t ‖ b_s)</c> of b = (p_label, 1 − p_label), <c>NCKD = KL(q_t ‖ q_s)</c> of the
    /// softmax q over the other classes. Then <c>KL(p_t ‖ p_s) = TCKD + (1 − p_label of the teacher) · NCKD</c>.
    /// </summary>
    /// <param name="student">[N, classes], or [N, classes, H, W] for dense prediction.</param>
    /// <param name="teacher">The same shape, without gradient.</param>
    /// <param name="labels">Int64 [N], or [N, H, W].</param>
    /// <param name="temperature">Greater than 0.</param>
    /// <returns>TCKD and NCKD, each of the shape of the labels, without T².</returns>
    public static (Tensor Target, Tensor Others) Divergences(Tensor student, Tensor teacher, Tensor labels, double temperature)
    {
        Tensor index = labels.Unsqueeze(1);
        Tensor isLabel = teacher.ZerosLike(DType.Bool).Scatter_(1, index, true);
        Split s = Split.Of(student / temperature, index, isLabel), t = Split.Of(teacher / temperature, index, isLabel);
        Tensor target = (t.LogLabel.Exp() * (t.LogLabel - s.LogLabel)) + (t.LogRest.Exp() * (t.LogRest - s.LogRest));
        // The label's own entry is finite in LogOthers, and weighs nothing.
        Tensor weights = t.LogOthers.Exp().MaskedFill(isLabel, 0);
        return (target, (weights * (t.LogOthers - s.LogOthers)).Sum([1]));
    }

    // From log-sum-exps: the logarithm of 1 − p would be −∞ where the label is nearly certain.
    private sealed record Split(Tensor LogLabel, Tensor LogRest, Tensor LogOthers)
    {
        public static Split Of(Tensor logits, Tensor index, Tensor isLabel)
        {
            Tensor all = logits.Logsumexp([1]), rest = logits.MaskedFill(isLabel, double.NegativeInfinity).Logsumexp([1]);
            return new Split(logits.Gather(1, index).Squeeze(1) - all, rest - all, logits - rest.Unsqueeze(1));
        }
    }
}
