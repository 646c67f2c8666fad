using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;
using Retort.Torch.Optimizers;

namespace Retort.Training.Recipes;

/// <summary>Adam.</summary>
public sealed record AdamOptions : OptimizerOptions
{
    /// <summary>Learning rate at the start, above 0. Default 0.001.</summary>
    public override double Lr { get; init; } = 1e-3;

    /// <summary>Decay of the two running means, of the gradient and of its square, each 0 up to but not 1. Default [0.9, 0.999].</summary>
    [Length(2, 2), Range(0.0, 1.0, MaximumIsExclusive = true)]
    public ValueList<double> Betas { get; init; } = [0.9, 0.999];

    /// <summary>Added to the divisor, above 0. Default 1e-8.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Eps { get; init; } = 1e-8;

    /// <summary>Pull of the weights to 0, added to the gradient, at least 0. Default 0.</summary>
    public override double WeightDecay { get; init; }

    /// <inheritdoc/>
    protected override Optimizer CreateFor(IReadOnlyList<ParameterGroup> groups) => new Adam(groups, Lr, Betas[0], Betas[1], Eps, WeightDecay);
}
