using System.ComponentModel.DataAnnotations;
using Retort.Torch.Optimizers;

namespace Retort.Training.Recipes;

/// <summary>RMSprop in TensorFlow's form, which is not PyTorch's (<see cref="RmsPropTf"/>).</summary>
public sealed record RmspropTfOptions : OptimizerOptions
{
    /// <summary>Learning rate at the start, above 0. Default 0.01.</summary>
    public override double Lr { get; init; } = 0.01;

    /// <summary>Decay of the running mean of the squared gradient, 0 up to but not 1. Default 0.9.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double Alpha { get; init; } = 0.9;

    /// <summary>Share of the last update that is kept, 0 up to but not 1. Default 0.9.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double Momentum { get; init; } = 0.9;

    /// <summary>Added to the squares inside of the root, above 0. Default 0.001.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Eps { get; init; } = 1e-3;

    /// <summary>Pull of the weights to 0, added to the gradient, at least 0. Default 0.</summary>
    public override double WeightDecay { get; init; }

    /// <inheritdoc/>
    protected override Optimizer CreateFor(IReadOnlyList<ParameterGroup> groups) => new RmsPropTf(groups, Lr, Alpha, Momentum, Eps, WeightDecay);
}
