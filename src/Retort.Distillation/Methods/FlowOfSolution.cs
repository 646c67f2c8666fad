using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Distillation.Methods;

/// <summary>Options of <see cref="FlowOfSolution"/>.</summary>
public sealed record FlowOfSolutionOptions
{
    /// <summary>Epochs in which this term alone initialises the student, before its own training. Default 30 (RepDistiller); 0 for none.</summary>
    [Range(0, 100000)]
    public int InitEpochs { get; init; } = 30;

    /// <summary>Weight of the term in the initialisation, above 0. Default 50 (RepDistiller).</summary>
    [Range(1e-6, 1e6)]
    public double InitWeight { get; init; } = 50;

    /// <summary>Learning rate of the initialisation, above 0. Default 0.05 (RepDistiller).</summary>
    [Range(1e-9, 1e3)]
    public double InitLr { get; init; } = 0.05;

    /// <summary>
    /// The chain of taps, at least 2, as "stage3" or "stage2:stage3" (student:teacher). Default: the stem and all stages.
    /// </summary>
    [MinLength(2)]
    public ValueList<TapPair>? Taps { get; init; }
}

/// <summary>
/// Flow of solution procedure (Yim et al., CVPR 2017): how a network goes from one map to the next, as the products of their channels, is
/// to the student as to the teacher. It initialises the student; the labels then train it.
/// </summary>
/// <remarks>
/// Both networks need equal numbers of channels at each tap. As published the term acts in the initialisation alone: give it the weight 0
/// in the recipe; with another weight it goes on acting.
/// </remarks>
[Method("fsp", Title = "Flow of solution procedure", Paper = "CVPR 2017, Yim et al.",
    Summary = "products of the channels of consecutive maps", Weight = 0)]
public sealed class FlowOfSolution(FlowOfSolutionOptions options) : Method<FlowOfSolutionOptions>(options)
{
    // RepDistiller trains the student with it throughout.
    private const double WeightDecay = 5e-4;

    private readonly NoLearner _nothing = new();

    /// <inheritdoc/>
    public override IReadOnlyList<MethodStage> Stages => Options.InitEpochs == 0
        ? []
        :
        [
            new MethodStage("init", Options.InitEpochs, Options.InitLr, WeightDecay, _nothing, step => Distance(step) * Options.InitWeight)
            {
                TrainsStudent = true,
            },
        ];

    /// <inheritdoc/>
    public override bool ReadsTeacherLogits => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) =>
        TapChoice.StemAndStages(Options.Taps, student, teacher);

    /// <inheritdoc/>
    public override void Bind(MethodBinding binding) => FeatureChain.Require("fsp", binding);

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step) => Distance(step);

    /// <summary>
    /// The flow matrix: the mean over positions of the products of each channel of a map with each of the next, <c>F_(l+1) F_lᵀ / (H · W)</c>; the
    /// higher of the two maps is averaged down.
    /// </summary>
    /// <param name="lower">[N, C, H, W].</param>
    /// <param name="upper">[N, C', H', W'].</param>
    /// <returns>[N, C', C].</returns>
    public static Tensor Flow(Tensor lower, Tensor upper)
    {
        FeaturePair maps = FeatureMaps.ToSmaller(new FeaturePair(lower, upper));
        Tensor low = maps.Student.Flatten(2), high = maps.Teacher.Flatten(2);
        return high.Bmm(low.Transpose(1, 2)) / low.Size(2);
    }

    // The squared differences of the flows, each link a mean over all elements.
    private static Tensor Distance(StepInput step) => Enumerable.Range(0, step.Features.Count - 1)
        .Select(i => (
            Flow(step.Features[i].Student, step.Features[i + 1].Student)
            - Flow(step.Features[i].Teacher, step.Features[i + 1].Teacher)).Square().Mean())
        .Aggregate((sum, term) => sum + term);

    // The student is all that trains.
    private sealed class NoLearner : Module;
}
