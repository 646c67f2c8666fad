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
}

/// <summary>
/// FitNets' hints (Romero et al., arXiv:1412.6550, eq. 3): a middle map of the student, through a regressor, must equal the teacher's;
/// <c>mean((r(F_s) − F_t)²)</c>. As in RepDistiller it trains jointly with the student, weight 100, where the paper has a stage of
/// its own. The regressor ends in a ReLU: where the teacher's map is signed, as those of wide ResNets, its negative part cannot be reached.
/// </summary>
[Method("fitnet", Title = "FitNet (hints)", Paper = "arXiv:1412.6550", Summary = "one middle map, through a regressor", Weight = 100)]
public sealed class FitNet(FitNetOptions options) : Method<FitNetOptions>(options)
{
    private ConvRegressor? _regressor;

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
