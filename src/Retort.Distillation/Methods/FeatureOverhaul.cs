using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Connectors;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Distillation.Methods;

/// <summary>Options of <see cref="FeatureOverhaul"/>.</summary>
public sealed record FeatureOverhaulOptions
{
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
/// A comprehensive overhaul of feature distillation (Heo et al., arXiv:1904.01866): maps before the activation, where the teacher's
/// negative responses count only down to a margin, their mean in each channel, and a student below it costs nothing. Pair K of n, from 0,
/// weighs 2^(K−n+1), the last one 1; elements are summed, so weights are small: 1e-3 on CIFAR, 1e-4 on ImageNet.
/// </summary>
[Method("ofd", Title = "Overhaul of feature distillation", Paper = "arXiv:1904.01866",
    Summary = "maps before the activation, above a margin", Weight = 1e-3)]
public sealed class FeatureOverhaul(FeatureOverhaulOptions options) : Method<FeatureOverhaulOptions>(options)
{
    private readonly List<Tensor> _margins = [];
    private ModuleList<Sequential>? _connectors;

    /// <inheritdoc/>
    public override bool WantsBatchStatistics => Options.TeacherStatistics == TeacherStatistics.Batch;

    /// <inheritdoc/>
    public override bool ReadsTeacherLogits => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher)
    {
        IReadOnlyList<TapPair> pairs = TapChoice.StagesBeforeActivation(Options.Taps, student, teacher);
        foreach (TapPair pair in pairs)
        {
            if (teacher.Taps.ContainsKey(pair.Teacher) && !teacher.Norms.ContainsKey(pair.Teacher))
            {
                throw new MethodException(
                    $"ofd takes its margins from the batch norm before \"{pair.Teacher}\", but {teacher.Name} has none there: choose another "
                    + "teacher, or taps before an activation.");
            }
        }

        return pairs;
    }

    /// <inheritdoc/>
    public override void Bind(MethodBinding binding)
    {
        binding.RequireMaps("ofd");
        for (int k = 0; k < binding.Pairs.Count; k++)
        {
            (long[] student, long[] teacher) = (binding.StudentShape(k), binding.TeacherShape(k));
            if (student[1] != teacher[1] || student[2] != teacher[2])
                throw binding.Refuse(k, "ofd needs equal heights and widths");
            // Without a norm the margins are to be loaded; until then they spoil the loss visibly.
            Tensor margin = binding.Teacher.Norms.GetValueOrDefault(binding.Pairs[k].Teacher) is { Weight: { } scale, Bias: { } shift }
                ? Margin(scale.Detach(), shift.Detach()).To(Device.Cpu)
                : Aten.Full([teacher[0]], double.NaN);
            _margins.Add(AddBuffer($"margin{k + 1}", margin.To(DType.Float32).View([1, -1, 1, 1])));
        }

        _connectors = Add("Connectors", new ModuleList<Sequential>(
            [.. binding.Pairs.Select((_, k) => PointwiseConnector.Create(binding.StudentShape(k)[0], binding.TeacherShape(k)[0], rectify: false))]));
    }

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step)
    {
        Tensor? sum = null;
        int n = step.Features.Count;
        for (int k = 0; k < n; k++)
        {
            (Tensor student, Tensor teacher) = step.Features[k];
            double weight = Math.Pow(2, k - n + 1) / student.Size(0);
            Tensor term = PartialDistance(_connectors![k].Forward(student), teacher, _margins[k]) * weight;
            sum = sum is null ? term : sum + term;
        }

        return sum!;
    }

    /// <summary>
    /// Equations 2 and 3: t' = max(t, margin); the sum over all elements of (x − t')², without those where both x ≤ t' and t' ≤ 0.
    /// </summary>
    /// <param name="student">x, [N, C, H, W].</param>
    /// <param name="teacher">t, [N, C, H, W], without gradient.</param>
    /// <param name="margin">[1, C, 1, 1], not above 0.</param>
    public static Tensor PartialDistance(Tensor student, Tensor teacher, Tensor margin)
    {
        Tensor target = teacher.Maximum(margin);
        Tensor difference = student - target;
        return Aten.Where(target.Gt(0), difference, difference.Relu()).Square().Sum();
    }

    /// <summary>
    /// The mean of the negative values of a normal distribution (paper, eq. 5 and supplement): μ − σ φ(μ/σ) / Φ(−μ/σ), or −3σ where less
    /// than a thousandth is negative.
    /// </summary>
    /// <param name="scale">γ of the batch norm, [C]; σ = |γ|.</param>
    /// <param name="shift">β of the batch norm, [C]; μ = β.</param>
    /// <returns>Float64, [C].</returns>
    public static Tensor Margin(Tensor scale, Tensor shift)
    {
        Tensor mean = shift.To(DType.Float64);
        Tensor deviation = scale.To(DType.Float64).Abs();
        Tensor ratio = mean / deviation.ClampMin(1e-30);
        Tensor below = (1.0 - (ratio / Math.Sqrt(2)).Erf()) * 0.5;
        Tensor density = (ratio.Square() * -0.5).Exp() / Math.Sqrt(2 * Math.PI);
        return Aten.Where(below.Gt(1e-3), mean - (deviation * density / below.ClampMin(1e-3)), deviation * -3.0);
    }
}
