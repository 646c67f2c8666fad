using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Retort.Distillation.Connectors;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Distillation.Methods;

/// <summary>Which definition of factor transfer is meant; they are different losses with different weights.</summary>
public enum FactorTransferVariant
{
    /// <summary>The authors': whole factors are compared. Weight 500 for factors of q·H·W = 32·8·8 numbers; as much as 500·√(q·H·W / 2048) for others.</summary>
    Official,

    /// <summary>RepDistiller's: the factors' attention maps are compared; the translator has batch norms. Weight 200.</summary>
    [JsonStringEnumMemberName("repdistiller")]
    RepDistiller,
}

/// <summary>How a paraphraser's output is compared with its input.</summary>
public enum Reconstruction
{
    /// <summary>Mean of the absolute differences.</summary>
    L1,

    /// <summary>Mean of the squared differences.</summary>
    L2,
}

/// <summary>Options of <see cref="FactorTransfer"/>.</summary>
public sealed record FactorTransferOptions : IValidatableOptions
{
    /// <summary>Whose definition. Default that of the authors' code.</summary>
    public FactorTransferVariant Variant { get; init; } = FactorTransferVariant.Official;

    /// <summary>
    /// The maps whose factors are compared, as "stage3" or "stage2:stage3" (student:teacher). Left out, for the variant official, the maps
    /// that the networks pool, after the activation; for repdistiller, and where a network pools none, the last stage's.
    /// </summary>
    public TapPair? Tap { get; init; }

    /// <summary>Paraphrase rate k: channels of the factor for each of the teacher's map, above 0. Default 0.5 (paper).</summary>
    [Range(0.001, 16)]
    public double Rate { get; init; } = 0.5;

    /// <summary>Variant official: exponent on the difference, 1 or 2. Left out 1 (paper).</summary>
    [Range(1, 2)]
    public int? P { get; init; }

    /// <summary>Variant repdistiller: exponent on the factor before the mean over its channels. Left out 2.</summary>
    [Range(1, 8)]
    public int? P1 { get; init; }

    /// <summary>Variant repdistiller: exponent on the difference, 1 or 2. Left out 1.</summary>
    [Range(1, 2)]
    public int? P2 { get; init; }

    /// <summary>Loss of the paraphraser. Left out l1 for the variant official (authors' code), l2 for repdistiller (and the paper).</summary>
    public Reconstruction? Reconstruction { get; init; }

    /// <summary>
    /// A paraphraser that was trained for the same teacher, with the same variant and rate: its file, or the folder
    /// checkpoints/ft.paraphraser of a run; a relative path counts from the current directory. Left out: it is trained first.
    /// </summary>
    [MinLength(1)]
    public string? Paraphraser { get; init; }

    /// <summary>Epochs of the paraphraser, at least 1. Left out 6 for the variant official, 30 for repdistiller, as their code.</summary>
    [Range(1, 100000)]
    public int? ParaphraserEpochs { get; init; }

    /// <summary>Learning rate of the paraphraser, above 0. Left out 0.1 for the variant official, 0.01 for repdistiller, as their code.</summary>
    [Range(1e-8, 100)]
    public double? ParaphraserLr { get; init; }

    /// <summary>Weight decay of the paraphraser, at least 0. Default 5e-4, as in both codes.</summary>
    [Range(0, 1)]
    public double ParaphraserWeightDecay { get; init; } = 5e-4;

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (Variant == FactorTransferVariant.RepDistiller && P is not null)
            yield return new(nameof(P), "belongs to the variant official: use p1 and p2, or set variant: official");
        if (Variant == FactorTransferVariant.Official && P1 is not null)
            yield return new(nameof(P1), "belongs to the variant repdistiller: use p, or set variant: repdistiller");
        if (Variant == FactorTransferVariant.Official && P2 is not null)
            yield return new(nameof(P2), "belongs to the variant repdistiller: use p, or set variant: repdistiller");
    }
}

/// <summary>
/// Factor transfer (Kim et al., arXiv:1802.04977): an autoencoder, the paraphraser, first learns to rebuild the teacher's last map;
/// its code is the teacher's factor. A translator, which trains with the student, makes a factor of the student's last map that must equal
/// the teacher's after normalisation. A paraphraser belongs to one teacher. Outputs: "factor.student" and "factor.teacher",
/// [N, rate·C, H, W]; of the stage "reconstruction".
/// </summary>
[Method("ft", Title = "Factor transfer", Paper = "arXiv:1802.04977",
    Summary = "factors that a paraphraser found in the teacher's last map", Weight = 500)]
public sealed class FactorTransfer(FactorTransferOptions options) : Method<FactorTransferOptions>(options)
{
    private Sequential? _paraphraser;
    private Sequential? _translator;

    /// <inheritdoc/>
    public override IReadOnlyList<MethodStage> Stages =>
    [
        new MethodStage(
            "paraphraser", Options.ParaphraserEpochs ?? (IsOfficial ? 6 : 30), Options.ParaphraserLr ?? (IsOfficial ? 0.1 : 0.01),
            Options.ParaphraserWeightDecay, _paraphraser ?? throw new InvalidOperationException("The method is not bound."), Reconstruct)
        {
            Checkpoint = Options.Paraphraser,
            Figure = step => new StageFigure(
                "the teacher's map and what is rebuilt of its factor", "teacher", step.Features[0].Teacher, "rebuilt", _paraphraser.Forward(step.Features[0].Teacher)),
        },
    ];

    private bool IsOfficial => Options.Variant == FactorTransferVariant.Official;

    /// <inheritdoc/>
    public override bool ReadsTeacherLogits => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) =>
        [Options.Tap ?? new TapPair(MapOf(student), MapOf(teacher))];

    /// <inheritdoc/>
    public override void Bind(MethodBinding binding)
    {
        binding.RequireOnePair("ft");
        FeatureMaps.Require("ft", binding);
        (long[] student, long[] teacher) = (binding.StudentShape(0), binding.TeacherShape(0));
        if (IsOfficial && (student[1] != teacher[1] || student[2] != teacher[2]))
            throw binding.Refuse(0, "factor transfer's variant official needs equal heights and widths; repdistiller reconciles them");
        double wanted = Options.Rate * teacher[0];
        int factors = IsOfficial ? (int)Math.Round(wanted, MidpointRounding.ToEven) : (int)wanted; // as the two codes round
        if (factors < 1)
            throw binding.Refuse(0, $"a rate of {Options.Rate} of {teacher[0]} channels leaves the factor none");
        _paraphraser = Add("paraphraser", FactorNetworks.Paraphraser(Options.Variant, (int)teacher[0], factors));
        _translator = Add("translator", FactorNetworks.Translator(Options.Variant, (int)student[0], factors));
    }

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step)
    {
        Tensor teacher, student = _translator!.Forward(step.Features[0].Student);
        using (GradMode.Disable())
            teacher = FactorNetworks.Encode(_paraphraser!, step.Features[0].Teacher);
        return new MethodLoss(IsOfficial
            ? WholeFactorDistance(student, teacher, Options.P ?? 1)
            : AttentionDistance(student, teacher, Options.P1 ?? 2, Options.P2 ?? 1))
        {
            Outputs = new Dictionary<string, Tensor> { ["factor.student"] = student, ["factor.teacher"] = teacher },
        };
    }

    /// <summary>
    /// The authors' loss (paper, eq. 3 with the code's mean in place of the sum): mean over all elements of |F_s/‖F_s‖ − F_t/‖F_t‖|^p,
    /// each sample's factor normalised as a whole.
    /// </summary>
    /// <param name="student">[N, q, H, W].</param>
    /// <param name="teacher">[N, q, H, W], without gradient.</param>
    /// <param name="p">1 or 2.</param>
    public static Tensor WholeFactorDistance(Tensor student, Tensor teacher, int p)
    {
        Tensor Normalized(Tensor factor) => FeatureNorms.Unit(FeatureMaps.Rows(factor, student.IsChannelsLast), dim: 1);
        return MeanPower(Normalized(student) - Normalized(teacher), p);
    }

    /// <summary>
    /// RepDistiller's loss: mean over batch and positions of |φ(F_s) − φ(F_t)|^p2, where φ(F) is mean over the channels of F^p1, normalised
    /// over the positions. The larger factor is pooled to the other's size.
    /// </summary>
    /// <param name="student">[N, q, H, W].</param>
    /// <param name="teacher">[N, q, H', W'], without gradient.</param>
    /// <param name="p1">Exponent on the factor.</param>
    /// <param name="p2">Exponent on the difference, 1 or 2.</param>
    public static Tensor AttentionDistance(Tensor student, Tensor teacher, int p1, int p2)
    {
        (Tensor s, Tensor t) = FeatureMaps.ToSmaller(new FeaturePair(student, teacher));
        Tensor Attention(Tensor factor) => FeatureNorms.Unit(factor.Pow(p1).Mean([1]).Flatten(1), dim: 1);
        return MeanPower(Attention(s) - Attention(t), p2);
    }

    private static Tensor MeanPower(Tensor difference, int p) => (p == 1 ? difference.Abs() : difference.Pow(p)).Mean();

    // A paraphraser cannot rebuild the negative part of a map well: the authors' map is after a ReLU.
    private string MapOf(NetworkShape network) => (IsOfficial ? network.PooledMap : null) ?? TapChoice.LastMap(network) ?? throw new MethodException(
        $"ft compares the last feature maps, but {network.Name} gives none among its taps {string.Join(", ", network.Taps.Keys)}: choose "
        + "another network.");

    private MethodLoss Reconstruct(StepInput step)
    {
        Tensor map = step.Features[0].Teacher.Detach();
        Tensor built = _paraphraser!.Forward(map);
        Reconstruction kind = Options.Reconstruction ?? (IsOfficial ? Reconstruction.L1 : Reconstruction.L2);
        return new MethodLoss(kind == Reconstruction.L1 ? built.L1Loss(map) : built.MseLoss(map))
        {
            Outputs = new Dictionary<string, Tensor> { ["reconstruction"] = built },
        };
    }
}
