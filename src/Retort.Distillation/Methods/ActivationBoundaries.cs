using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Connectors;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Distillation.Methods;

/// <summary>Options of <see cref="ActivationBoundaries"/>.</summary>
public sealed record ActivationBoundariesOptions
{
    /// <summary>By how much the student must be on the teacher's side of the boundary, at least 0. Default 1 (paper).</summary>
    [Range(0, 1000)]
    public double Margin { get; init; } = 1;

    /// <summary>
    /// Epochs of the stage that initialises the student; 0 leaves it out, and the connectors learn beside the student. Default 30 (RepDistiller).
    /// </summary>
    [Range(0, 100000)]
    public int InitEpochs { get; init; } = 30;

    /// <summary>Learning rate of that stage, above 0. Default 0.05 (RepDistiller; 0.01 for MobileNet and ShuffleNet students).</summary>
    [Range(1e-8, 100)]
    public double InitLr { get; init; } = 0.05;

    /// <summary>Weight decay of that stage, at least 0. Default 5e-4 (RepDistiller).</summary>
    [Range(0, 1)]
    public double InitWeightDecay { get; init; } = 5e-4;

    /// <summary>
    /// What the teacher's batch norms normalise by, for all methods of the run: running, or batch as in the authors' code. Default running, as in
    /// RepDistiller.
    /// </summary>
    public TeacherStatistics TeacherStatistics { get; init; } = TeacherStatistics.Running;

    /// <summary>
    /// Taps that are compared, as "stage3.preact" or "stage2.preact:stage3.preact" (student:teacher). Default: all stages before their activation.
    /// </summary>
    [MinLength(1)]
    public ValueList<TapPair>? Taps { get; init; }
}

/// <summary>
/// Activation boundaries (Heo et al., arXiv:1811.03233): before the activation, each of the student's values must lie on the same side of
/// zero as the teacher's, by a margin. A stage initialises the student's trunk with it, without labels; its connectors are frozen
/// afterwards. In the authors' way the term has the weight 0 from then on. Pair K of n, from 0, weighs 2^(K−n+1); elements are
/// summed, so the term's size grows with the resolution.
/// </summary>
[Method("ab", Title = "Activation boundaries", Paper = "arXiv:1811.03233", Summary = "on which side of zero each neuron is", Weight = 0)]
public sealed class ActivationBoundaries(ActivationBoundariesOptions options) : Method<ActivationBoundariesOptions>(options)
{
    // RepDistiller's constant, chosen for a weight of 1.
    private const double Scale = 3.0 / 1000;

    private ModuleList<Layer>? _connectors;

    /// <inheritdoc/>
    public override IReadOnlyList<MethodStage> Stages => Options.InitEpochs == 0 ? [] :
    [
        new MethodStage(
            "init", Options.InitEpochs, Options.InitLr, Options.InitWeightDecay,
            _connectors ?? throw new InvalidOperationException("The method is not bound."), Loss) { TrainsStudent = true },
    ];

    /// <inheritdoc/>
    public override bool WantsBatchStatistics => Options.TeacherStatistics == TeacherStatistics.Batch;

    /// <inheritdoc/>
    public override bool ReadsTeacherLogits => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) =>
        TapChoice.StagesBeforeActivation(Options.Taps, student, teacher);

    /// <inheritdoc/>
    public override void Bind(MethodBinding binding)
    {
        binding.RequireMaps("ab");
        List<Layer> connectors = [];
        for (int k = 0; k < binding.Pairs.Count; k++)
        {
            (long[] student, long[] teacher) = (binding.StudentShape(k), binding.TeacherShape(k));
            if (!ConvRegressor.Fits(student, teacher))
                throw binding.Refuse(k, "a connector reaches only smaller maps, or those of exactly twice the height and width");
            connectors.Add(student.SequenceEqual(teacher) ? new Identity() : new ConvRegressor(student, teacher, rectify: false));
        }

        _connectors = Add("connectors", new ModuleList<Layer>(connectors));
    }

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step)
    {
        Tensor? sum = null;
        int n = step.Features.Count;
        for (int k = 0; k < n; k++)
        {
            (Tensor student, Tensor teacher) = step.Features[k];
            double weight = Math.Pow(2, k - n + 1) * Scale / student.Size(0);
            Tensor term = BoundaryDistance(_connectors![k].Forward(student), teacher, Options.Margin) * weight;
            sum = sum is null ? term : sum + term;
        }

        return sum!;
    }

    /// <summary>Equation 5, summed over all elements: max(x + m, 0)² where t ≤ 0, max(m − x, 0)² where t &gt; 0.</summary>
    /// <param name="student">x, [N, C, H, W].</param>
    /// <param name="teacher">t, [N, C, H, W], before the activation, without gradient.</param>
    /// <param name="margin">m.</param>
    public static Tensor BoundaryDistance(Tensor student, Tensor teacher, double margin) =>
        Aten.Where(teacher.Gt(0), margin - student, student + margin).Relu().Square().Sum();
}
