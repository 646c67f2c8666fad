using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Optimizers;

namespace Retort.Training.Recipes;

/// <summary>What updates the weights. Options mean what they mean in PyTorch.</summary>
[OptionVariants("name", Default = "sgd")]
[OptionVariant("sgd", typeof(SgdOptions))]
[OptionVariant("adam", typeof(AdamOptions))]
[OptionVariant("adamw", typeof(AdamWOptions))]
[OptionVariant("rmsprop_tf", typeof(RmspropTfOptions))]
[OptionShorthand("name")]
public abstract record OptimizerOptions
{
    /// <summary>Learning rate at the start, above 0. Default 0.05 for sgd, 0.001 for adam and adamw, 0.01 for rmsprop_tf.</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public abstract double Lr { get; init; }

    /// <summary>Pull of the weights to 0, at least 0. Default 5e-4 for sgd, 0 for adam and rmsprop_tf, 0.01 for adamw.</summary>
    [Range(0.0, 1e6)]
    public abstract double WeightDecay { get; init; }

    /// <summary>Whether biases, norms and other vectors decay too; ImageNet recipes leave them out. Default true.</summary>
    public bool DecayVectors { get; init; } = true;

    /// <summary>Makes the optimiser over parameters, which it borrows.</summary>
    public Optimizer Create(IReadOnlyList<Tensor> parameters) =>
        CreateFor(DecayVectors ? [new ParameterGroup(parameters)] : ParameterGroup.WithoutDecayOfVectors(parameters));

    /// <summary>Makes the optimiser over groups that have learning rate and weight decay of these options, or none.</summary>
    protected abstract Optimizer CreateFor(IReadOnlyList<ParameterGroup> groups);
}
