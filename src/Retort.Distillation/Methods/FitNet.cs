using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Connectors;
using Retort.Distillation.Features;
using Retort.Torch;

namespace Retort.Distillation.Methods;

/// <summary>Options of <see cref="FitNet"/>.</summary>
public sealed record FitNetOptions
{
    /// <summary>Which tap is the hint, from 0, the stem, in both networks. Default 2, the middle (RepDistiller).</summary>
    [Range(0, 100)]
    public int HintLayer { get; init; } = 2;

    /// <summary>
    /// Epochs of a stage of its own, in which the hint alone trains the student up to it, before all else; 0 leaves it out, and the regressor
    /// learns beside the student. Default 0 (RepDistiller); the paper has such a stage.
    /// </summary>
    [Range(0, 100000)]
    public int InitEpochs { get; init; }

    /// <summary>Learning rate of that stage, above 0. Default 0.05, as the other methods that begin so.</summary>
    [Range(1e-8, 100)]
    public double InitLr { get; init; } = 0.05;

    /// <summary>Weight decay of that stage, at least 0. Default 5e-4, likewise.</summary>
    [Range(0, 1)]
    public double InitWeightDecay { get; init; } = 5e-4;
}

/// <summary>
/// FitNets' hints (Romero et al., arXiv:1412.6550, eq. 3): a middle map of the student, through a regressor, must equal the teacher's;
/// <c>mean((r(F_s) − F_t)²)</c>. As in RepDistiller it trains jointly with the student, weight 100. The paper's way is a stage of its own,
/// <c>init_epochs</c>, and then the labels and knowledge distillation alone: give it the weight 0. The regressor is frozen after such a
/// stage. It ends in a ReLU: where the teacher's map is signed, as those of wide ResNets, its negative part cannot be reached.
/// </summary>
[Method("fitnet", Title = "FitNet (hints)", Paper = "arXiv:1412.6550", Summary = "one middle map, through a regressor", Weight = 100)]
public sealed class FitNet(FitNetOptions options) : Method<FitNetOptions>(options)
{
    private ConvRegressor? _regressor;

    /// <inheritdoc/>
    public override IReadOnlyList<MethodStage> Stages => Options.InitEpochs == 0 ? [] :
    [
        new MethodStage(
            "init", Options.InitEpochs, Options.InitLr, Options.InitWeightDecay,
            _regressor ?? throw new InvalidOperationException("The method is not bound."), Loss) { TrainsStudent = true },
    ];

    /// <inheritdoc/>
    public override bool ReadsTeacherLogits => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) => [new TapPair(Hint(student), Hint(teacher))];

    /// <inheritdoc/>
    public override void Bind(MethodBinding binding)
    {
        binding.RequireOnePair("fitnet");
        binding.RequireMaps("fitnet");
        (long[] student, long[] teacher) = (binding.StudentShape(0), binding.TeacherShape(0));
        if (!ConvRegressor.Fits(student, teacher))
            throw binding.Refuse(0, "a regressor reaches only smaller maps, or those of exactly twice the height and width");
        _regressor = new ConvRegressor(student, teacher, rectify: true);
        // Its parts stand in the state dict by themselves, and so are parts of the method.
        Add("conv", _regressor.Convolution);
        Add("bn", _regressor.Norm);
    }

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step) => HintLoss(_regressor!.Forward(step.Features[0].Student), step.Features[0].Teacher);

    /// <summary>Equation 3, with the mean over all elements in place of half the squared norm.</summary>
    /// <param name="student">r(F_s), [N, C, H, W].</param>
    /// <param name="teacher">F_t, [N, C, H, W], without gradient.</param>
    public static Tensor HintLoss(Tensor student, Tensor teacher) => student.MseLoss(teacher);

    private string Hint(NetworkShape network)
    {
        IReadOnlyList<string> taps = TapChoice.All(network);
        return Options.HintLayer < taps.Count
            ? taps[Options.HintLayer]
            : throw new MethodException(
                $"fitnet's hint_layer is {Options.HintLayer}, but {network.Name} has only the taps {string.Join(", ", taps)}, counted from 0: "
                + "choose one of them.");
    }
}
