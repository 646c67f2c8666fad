using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;
using Retort.Torch.Optimizers;

namespace Retort.Training.Recipes;

/// <summary>Stochastic gradient descent with momentum.</summary>
public sealed record SgdOptions : OptimizerOptions, IValidatableOptions
{
    /// <summary>Learning rate at the start, above 0. Default 0.05.</summary>
    public override double Lr { get; init; } = 0.05;

    /// <summary>Share of the last update that is kept, 0 up to but not 1. Default 0.9.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double Momentum { get; init; } = 0.9;

    /// <summary>Pull of the weights to 0, added to the gradient, at least 0. Default 5e-4.</summary>
    public override double WeightDecay { get; init; } = 5e-4;

    /// <summary>Whether the gradient is taken ahead of the momentum step. Default false.</summary>
    public bool Nesterov { get; init; }

    /// <summary>Share of the new gradient that momentum leaves out, 0..1. Default 0.</summary>
    [Range(0.0, 1.0)]
    public double Dampening { get; init; }

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (Nesterov && (Momentum == 0 || Dampening != 0))
            yield return new(nameof(Nesterov), "needs a 'momentum' above 0 and a 'dampening' of 0");
    }

    /// <inheritdoc/>
    protected override Optimizer CreateFor(IReadOnlyList<ParameterGroup> groups) => new Sgd(groups, Lr, Momentum, Dampening, WeightDecay, Nesterov);
}
