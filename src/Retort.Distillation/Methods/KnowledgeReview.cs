using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Connectors;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;

namespace Retort.Distillation.Methods;

/// <summary>Options of <see cref="KnowledgeReview"/>.</summary>
public sealed record KnowledgeReviewOptions
{
    /// <summary>
    /// The levels that are fused, the deepest last, as "stage3:stage3.preact" or "pooled" (student:teacher). Default: all stages, of the teacher
    /// before their activation, and the pooled vectors.
    /// </summary>
    [MinLength(2)]
    public ValueList<TapPair>? Taps { get; init; }
}

/// <summary>
/// Knowledge review (Chen et al., arXiv:2104.09044): each of the student's maps is fused with all deeper ones and compared with one of the
/// teacher's before its activation, over a pyramid of sizes. The vector before the classifier is the deepest level. The fusions learn
/// with the student and may have more parameters than it. The authors raise the term's weight linearly over the first 20 epochs:
/// <c>warmup_epochs: 20</c> beside the weight. In training the vector's batch norm needs at least 2 samples.
/// </summary>
[Method("reviewkd", Title = "Knowledge review", Paper = "arXiv:2104.09044",
    Summary = "the teacher's maps from the student's deeper ones", Weight = 1)]
public sealed class KnowledgeReview(KnowledgeReviewOptions options) : Method<KnowledgeReviewOptions>(options)
{
    // Channels in which levels are fused are those of the student's deepest, at most so many (authors' code).
    private const int MostChannels = 512;

    private ModuleList<AttentionFusion>? _fusions; // the deepest first

    /// <inheritdoc/>
    public override bool ReadsTeacherLogits => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) => Options.Taps ?? (IReadOnlyList<TapPair>)
    [
        .. TapChoice.Stages(student, teacher).Select(pair => new TapPair(pair.Student, BeforeActivation(teacher, pair.Teacher))),
        new TapPair(TapChoice.Pooled, TapChoice.Pooled),
    ];

    /// <inheritdoc/>
    public override void Bind(MethodBinding binding)
    {
        int n = binding.Pairs.Count;
        if (n < 2)
            throw new MethodException($"reviewkd fuses several levels, but was given {n}: name more in 'taps', or choose networks with stages.");
        for (int k = 0; k < n; k++)
        {
            if (binding.StudentShape(k).Length is not (1 or 3) || binding.TeacherShape(k).Length is not (1 or 3))
                throw binding.Refuse(k, "reviewkd compares feature maps [C, H, W] and vectors [D]");
        }

        int middle = Math.Min(MostChannels, (int)binding.StudentShape(n - 1)[0]);
        _fusions = Add("abfs", new ModuleList<AttentionFusion>(
        [
            .. Enumerable.Range(0, n).Reverse().Select(k =>
                new AttentionFusion((int)binding.StudentShape(k)[0], middle, (int)binding.TeacherShape(k)[0], fuses: k < n - 1)),
        ]));
    }

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step)
    {
        Tensor? sum = null, fused = null;
        for (int i = 0; i < _fusions!.Count; i++)
        {
            FeaturePair pair = step.Features[^(i + 1)];
            Tensor teacher = AsMap(pair.Teacher);
            (Tensor output, fused) = _fusions[i].Forward(AsMap(pair.Student), fused, teacher.Size(2), teacher.Size(3));
            Tensor term = HierarchicalContext(output, teacher);
            sum = sum is null ? term : sum + term;
        }

        return sum!;
    }

    /// <summary>
    /// The hierarchical context loss (paper, section 3.4): mean squared differences of the maps as they are and averaged to 4×4, 2×2 and
    /// 1×1, where that is smaller than the map's height, with weights 1, ½, ¼, ... divided by their sum.
    /// </summary>
    /// <param name="student">[N, C, H, W].</param>
    /// <param name="teacher">[N, C, H, W], without gradient.</param>
    public static Tensor HierarchicalContext(Tensor student, Tensor teacher)
    {
        Tensor sum = student.MseLoss(teacher);
        double weight = 1, total = 1;
        foreach (long size in (ReadOnlySpan<long>)[4, 2, 1])
        {
            if (size >= student.Size(2))
                continue;
            weight /= 2;
            total += weight;
            sum += student.AdaptiveAvgPool2d([size, size]).MseLoss(teacher.AdaptiveAvgPool2d([size, size])) * weight;
        }

        return sum / total;
    }

    private static Tensor AsMap(Tensor features) => features.Rank == 4 ? features : features.Unsqueeze(2).Unsqueeze(3);

    private static string BeforeActivation(NetworkShape network, string tap) =>
        network.Taps.ContainsKey(tap + Network.PreActivation) ? tap + Network.PreActivation : tap;
}
