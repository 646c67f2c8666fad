using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Distillation.Methods;

/// <summary>Options of <see cref="VariationalInformation"/>.</summary>
public sealed record VariationalInformationOptions
{
    /// <summary>Variance of every channel at the start, above eps. Default 5 (RepDistiller).</summary>
    [Range(1e-3, 80)]
    public double InitPredVar { get; init; } = 5;

    /// <summary>Least variance, above 0. Default 1e-5 (RepDistiller).</summary>
    [Range(1e-12, 1)]
    public double Eps { get; init; } = 1e-5;

    /// <summary>Taps that are compared, as "stage3" or "stage2:stage3" (student:teacher). Default: all stages.</summary>
    [MinLength(1)]
    public ValueList<TapPair>? Taps { get; init; }
}

/// <summary>
/// Variational information distillation (Ahn et al., arXiv:1904.05835, eq. 5): the student's maps must predict the teacher's as means of
/// normal distributions, with one learnt variance for each channel of the teacher. The loss may be negative. Regressors and
/// variances learn with the student; without them the method is a scaled FitNet.
/// </summary>
[Method("vid", Title = "Variational information distillation", Paper = "arXiv:1904.05835",
    Summary = "likelihood of the teacher's maps given the student's", Weight = 1)]
public sealed class VariationalInformation(VariationalInformationOptions options) : Method<VariationalInformationOptions>(options)
{
    private readonly List<Predictor> _predictors = [];

    /// <inheritdoc/>
    public override bool ReadsTeacherLogits => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) =>
        TapChoice.Stages(Options.Taps, student, teacher);

    /// <inheritdoc/>
    public override void Bind(MethodBinding binding)
    {
        FeatureMaps.Require("vid", binding);
        for (int k = 0; k < binding.Pairs.Count; k++)
            _predictors.Add(Add($"{k}", new Predictor((int)binding.StudentShape(k)[0], (int)binding.TeacherShape(k)[0], Options)));
    }

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step)
    {
        Tensor? sum = null;
        for (int k = 0; k < _predictors.Count; k++)
        {
            (Tensor student, Tensor teacher) = FeatureMaps.ToSmaller(step.Features[k]);
            Tensor term = NegativeLogLikelihood(_predictors[k].Mean(student), _predictors[k].Variance(Options.Eps), teacher);
            sum = sum is null ? term : sum + term;
        }

        return sum!;
    }

    /// <summary>Equation 5 without its constant: mean over all elements of ½ ((t − μ)² / v + log v).</summary>
    /// <param name="mean">μ, [N, C, H, W].</param>
    /// <param name="variance">v, [C], above 0.</param>
    /// <param name="teacher">t, [N, C, H, W], without gradient.</param>
    public static Tensor NegativeLogLikelihood(Tensor mean, Tensor variance, Tensor teacher)
    {
        Tensor v = variance.View([1, -1, 1, 1]);
        return (((mean - teacher).Square() / v) + v.Log()).Mean() * 0.5;
    }

    /// <summary>Mean and variance of a pair's prediction.</summary>
    private sealed class Predictor : Module
    {
        private readonly Tensor _logScale;
        private readonly Sequential _regressor;

        public Predictor(int inputs, int outputs, VariationalInformationOptions options)
        {
            // softplus of it is the variance less eps.
            _logScale = AddParameter("log_scale", Aten.Full([outputs], Math.Log(Math.Exp(options.InitPredVar - options.Eps) - 1)));
            _regressor = Add("regressor", new Sequential(
                Pointwise(inputs, outputs), new ReLU(inPlace: true),
                Pointwise(outputs, outputs), new ReLU(inPlace: true),
                Pointwise(outputs, outputs)));
        }

        public Tensor Mean(Tensor map) => _regressor.Forward(map);

        public Tensor Variance(double epsilon) => _logScale.Softplus() + epsilon;

        private static Conv2d Pointwise(int from, int to) => new(from, to, kernelSize: 1, bias: false);
    }
}
