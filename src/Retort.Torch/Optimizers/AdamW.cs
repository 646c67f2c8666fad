namespace Retort.Torch.Optimizers;

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101): w ← (1 − rate·decay)·w before each step.</summary>
public sealed class AdamW : Adam
{
    /// <summary>Makes an optimiser for one group.</summary>
    /// <param name="parameters">Borrowed.</param>
    /// <param name="learningRate">Initial learning rate.</param>
    /// <param name="beta1">Decay of the gradient's mean.</param>
    /// <param name="beta2">Decay of the mean of its square.</param>
    /// <param name="epsilon">Added outside of the root.</param>
    /// <param name="weightDecay">Part of a weight, times the learning rate, that is taken off in each step.</param>
    /// <param name="amsgrad">Whether the greatest mean square so far is used.</param>
    public AdamW(
        IReadOnlyList<Tensor> parameters, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8,
        double weightDecay = 1e-2, bool amsgrad = false)
        : base(parameters, learningRate, beta1, beta2, epsilon, weightDecay, amsgrad)
    {
    }

    /// <summary>Makes an optimiser for groups; learning rate and weight decay are for the groups that have none of their own.</summary>
    /// <param name="groups">The groups.</param>
    /// <param name="learningRate">Initial learning rate.</param>
    /// <param name="beta1">Decay of the gradient's mean.</param>
    /// <param name="beta2">Decay of the mean of its square.</param>
    /// <param name="epsilon">Added outside of the root.</param>
    /// <param name="weightDecay">Part of a weight, times the learning rate, that is taken off in each step.</param>
    /// <param name="amsgrad">Whether the greatest mean square so far is used.</param>
    public AdamW(
        IReadOnlyList<ParameterGroup> groups, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
        double epsilon = 1e-8, double weightDecay = 1e-2, bool amsgrad = false)
        : base(groups, learningRate, beta1, beta2, epsilon, weightDecay, amsgrad)
    {
    }

    private protected override void Update(ParameterGroup group, OptimizerBatch batch)
    {
        if (group.WeightDecay != 0)
            Aten.ForeachMul_(batch.Parameters, 1 - (group.LearningRate * group.WeightDecay));
        Apply(group, batch, batch.Gradients);
    }
}
