using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Torch;

namespace Retort.Distillation.Methods;

/// <summary>Options of <see cref="StrongerTeacher"/>.</summary>
public sealed record StrongerTeacherOptions : IValidatableOptions
{
    /// <summary>Weight of the relation between the classes of each sample, at least 0. Default 1; the paper's 2 is the term's weight in its code.</summary>
    [Range(0, 1e6)]
    public double Beta { get; init; } = 1;

    /// <summary>Weight of the relation between the samples for each class, at least 0. Default 1, likewise.</summary>
    [Range(0, 1e6)]
    public double Gamma { get; init; } = 1;

    /// <summary>Temperature of both softmaxes, greater than 0. Default 1 (ImageNet, segmentation); the authors take 4 on CIFAR-100.</summary>
    [Range(1e-3, 1e3)]
    public double Tau { get; init; } = 1;

    /// <summary>Standardises the logits of both networks first (arXiv:2403.01427). Default false.</summary>
    public bool Standardize { get; init; }

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (Gamma == 0 && Beta == 0)
            yield return new(nameof(Gamma), "must be above 0 where 'beta' is 0");
    }
}

/// <summary>
/// DIST (Huang et al., arXiv:2205.10536): the student's predictions correlate with the teacher's instead of equalling them, between the
/// classes of each sample (inter) and between the samples for each class (intra). Either side may be scaled and shifted freely, which a
/// much stronger teacher needs.
/// </summary>
/// <remarks>
/// The logits' gradient grows as 1 / deviation of the predictions: start from a classifier that is not zero. Of one sample only the
/// inter term learns; where a class is absent from the batch its column adds a constant 1.
/// </remarks>
[Method("dist", Title = "DIST", Paper = "arXiv:2205.10536", Summary = "correlation of predictions between classes and between samples", Weight = 2)]
public sealed class StrongerTeacher(StrongerTeacherOptions options) : Method<StrongerTeacherOptions>(options)
{
    // Of the authors' code: added to the product of both deviations, so that columns of nearly no deviation fade out.
    private const double Epsilon = 1e-8;

    // A deviation below this part of a row's length is rounding: float32 resolves 6e-8 of each element.
    private const double Resolution = 1e-6;

    /// <inheritdoc/>
    public override bool RelatesSamples => true;

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step)
    {
        (Tensor student, Tensor teacher) = LogitScale.Of(step, Options.Standardize);
        Tensor ofStudent = Predictions(student, Options.Tau), ofTeacher = Predictions(teacher, Options.Tau);
        Tensor inter = Distance(ofStudent, ofTeacher, dim: 1), intra = Distance(ofStudent, ofTeacher, dim: 0);
        double scale = Options.Tau * Options.Tau;
        return new MethodLoss((inter * (scale * Options.Beta)) + (intra * (scale * Options.Gamma)))
        {
            Outputs = new Dictionary<string, Tensor> { ["inter"] = inter, ["intra"] = intra },
        };
    }

    /// <summary>softmax(z / τ), a row for each sample or, for dense prediction, for each pixel.</summary>
    /// <param name="logits">[N, classes], or [N, classes, H, W].</param>
    /// <param name="tau">Greater than 0.</param>
    /// <param name="keep">
    /// Bool [N], or [N, H, W]: which rows there are, at least one, as those of pixels with a label; the same must be given for both networks.
    /// Null: all, as in the authors' code.
    /// </param>
    /// <returns>[rows, classes], of N or N · H · W rows those that are kept, in order.</returns>
    public static Tensor Predictions(Tensor logits, double tau, Tensor? keep = null)
    {
        Tensor rows = logits.Rank == 2 ? logits : logits.Flatten(2).Transpose(1, 2).Reshape([-1, logits.Size(1)]);
        if (keep is not null)
            rows = rows.IndexSelect(0, keep.Flatten().Nonzero().Flatten());
        return (rows / tau).Softmax(1);
    }

    /// <summary>
    /// Mean of Pearson's distance <c>1 − ρ</c> over the rows (dim 1: inter) or columns (dim 0: intra), with
    /// <c>ρ = Σ(a − ā)(b − b̄) / (‖a − ā‖ · ‖b − b̄‖ + 1e-8)</c>. What does not vary correlates with nothing: distance 1, no gradient.
    /// </summary>
    /// <param name="student">[rows, columns].</param>
    /// <param name="teacher">[rows, columns].</param>
    /// <param name="dim">Along which is correlated.</param>
    /// <returns>A scalar in [0, 2].</returns>
    public static Tensor Distance(Tensor student, Tensor teacher, long dim)
    {
        (Tensor a, Tensor ofA) = Centred(student, dim);
        (Tensor b, Tensor ofB) = Centred(teacher, dim);
        return 1 - ((a * b).Sum([dim], keepdim: true) / ((ofA * ofB) + Epsilon)).Mean();
    }

    // The differences from the mean, and their length; both 0 where nothing varies.
    private static (Tensor Centred, Tensor Length) Centred(Tensor x, long dim)
    {
        Tensor centred = x - x.Mean([dim], keepdim: true), length = centred.LinalgVectorNorm(2, [dim], keepdim: true);
        Tensor varies = length.Gt(x.Detach().LinalgVectorNorm(2, [dim], keepdim: true) * Resolution).To(x.DType);
        return (centred * varies, length * varies);
    }
}
