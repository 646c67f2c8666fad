namespace Retort.Torch.Optimizers;

/// <summary>
/// Adam (Kingma and Ba, arXiv:1412.6980, algorithm 1) as PyTorch computes it, with the L2 penalty added to the gradient.
/// <see cref="AdamW"/> shrinks the weights instead.
/// </summary>
public class Adam : Optimizer
{
    private readonly double _beta1, _beta2, _epsilon;
    private readonly OptimizerSlot _means, _squares;
    private readonly OptimizerSlot? _greatest;

    /// <summary>Makes an optimiser for one group.</summary>
    /// <param name="parameters">Borrowed.</param>
    /// <param name="learningRate">Initial learning rate.</param>
    /// <param name="beta1">Decay of the gradient's mean.</param>
    /// <param name="beta2">Decay of the mean of its square.</param>
    /// <param name="epsilon">Added outside of the root.</param>
    /// <param name="weightDecay">L2 penalty, added to the gradient.</param>
    /// <param name="amsgrad">Whether the greatest mean square so far is used.</param>
    public Adam(
        IReadOnlyList<Tensor> parameters, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8,
        double weightDecay = 0, bool amsgrad = false)
        : this([new ParameterGroup(parameters)], learningRate, beta1, beta2, epsilon, weightDecay, amsgrad)
    {
    }

    /// <summary>Makes an optimiser for groups; learning rate and weight decay are for the groups that have none of their own.</summary>
    /// <param name="groups">The groups.</param>
    /// <param name="learningRate">Initial learning rate.</param>
    /// <param name="beta1">Decay of the gradient's mean.</param>
    /// <param name="beta2">Decay of the mean of its square.</param>
    /// <param name="epsilon">Added outside of the root.</param>
    /// <param name="weightDecay">L2 penalty, added to the gradient.</param>
    /// <param name="amsgrad">Whether the greatest mean square so far is used.</param>
    public Adam(
        IReadOnlyList<ParameterGroup> groups, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
        double epsilon = 1e-8, double weightDecay = 0, bool amsgrad = false)
        : base(groups, learningRate, weightDecay)
    {
        if (beta1 is not (>= 0 and < 1) || beta2 is not (>= 0 and < 1))
            throw new ArgumentException($"Beta1 {beta1} and beta2 {beta2} must lie in [0, 1).", nameof(beta1));
        ArgumentOutOfRangeException.ThrowIfNegative(epsilon);
        (_beta1, _beta2, _epsilon) = (beta1, beta2, epsilon);
        _means = AddSlot("exp_avg");
        _squares = AddSlot("exp_avg_sq");
        _greatest = amsgrad ? AddSlot("max_exp_avg_sq") : null;
    }

    private protected override void Update(ParameterGroup group, OptimizerBatch batch) =>
        Apply(group, batch, batch.Decayed(group.WeightDecay));

    private protected void Apply(ParameterGroup group, OptimizerBatch batch, IReadOnlyList<Tensor> gradients)
    {
        List<Tensor> means = _means.Of(batch, initial: 0), squares = _squares.Of(batch, initial: 0);
        Aten.ForeachMul_(means, _beta1);
        Aten.ForeachAdd_(means, gradients, alpha: 1 - _beta1);
        Aten.ForeachMul_(squares, _beta2);
        Aten.ForeachAddcmul_(squares, gradients, gradients, 1 - _beta2);
        List<Tensor> used = squares;
        if (_greatest is not null)
        {
            used = _greatest.Of(batch, initial: 0);
            Aten.ForeachMaximum_(used, squares);
        }

        // Parameters that had no gradient in some step are behind the others: each has its own bias correction.
        Span<double> roots = new double[batch.Count], rates = new double[batch.Count];
        for (int i = 0; i < batch.Count; i++)
        {
            long step = StepsOf(batch.Indices[i]);
            roots[i] = Math.Sqrt(1 - Math.Pow(_beta2, step));
            rates[i] = -(group.LearningRate / (1 - Math.Pow(_beta1, step)));
        }

        Tensor[] denominators = Aten.ForeachSqrt(used);
        Aten.ForeachDiv_(denominators, roots);
        Aten.ForeachAdd_(denominators, _epsilon);
        Aten.ForeachAddcdiv_(batch.Parameters, means, denominators, rates);
    }
}
