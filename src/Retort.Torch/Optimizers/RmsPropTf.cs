namespace Retort.Torch.Optimizers;

/// <summary>
/// RMSprop as TensorFlow computes it (DIST's strategy B2): g ← g + decay·w; s ← s + (1 − alpha)·(g² − s), s = 1 at the start;
/// v ← momentum·v + rate·g / √(s + epsilon); w ← w − v. PyTorch's own differs in all three: epsilon outside of the root, s = 0 at the
/// start, the rate after the momentum.
/// </summary>
public sealed class RmsPropTf : Optimizer
{
    private readonly double _alpha, _momentum, _epsilon;
    private readonly OptimizerSlot _squares;
    private readonly OptimizerSlot? _buffers;

    /// <summary>Makes an optimiser for one group.</summary>
    /// <param name="parameters">Borrowed.</param>
    /// <param name="learningRate">Initial learning rate.</param>
    /// <param name="alpha">Decay of the mean square.</param>
    /// <param name="momentum">0 for none.</param>
    /// <param name="epsilon">Added inside of the root.</param>
    /// <param name="weightDecay">L2 penalty, added to the gradient.</param>
    public RmsPropTf(
        IReadOnlyList<Tensor> parameters, double learningRate = 1e-2, double alpha = 0.9, double momentum = 0.9, double epsilon = 1e-3,
        double weightDecay = 0)
        : this([new ParameterGroup(parameters)], learningRate, alpha, momentum, epsilon, weightDecay)
    {
    }

    /// <summary>Makes an optimiser for groups; learning rate and weight decay are for the groups that have none of their own.</summary>
    /// <param name="groups">The groups.</param>
    /// <param name="learningRate">Initial learning rate.</param>
    /// <param name="alpha">Decay of the mean square.</param>
    /// <param name="momentum">0 for none.</param>
    /// <param name="epsilon">Added inside of the root.</param>
    /// <param name="weightDecay">L2 penalty, added to the gradient.</param>
    public RmsPropTf(
        IReadOnlyList<ParameterGroup> groups, double learningRate = 1e-2, double alpha = 0.9, double momentum = 0.9,
        double epsilon = 1e-3, double weightDecay = 0)
        : base(groups, learningRate, weightDecay)
    {
        if (alpha is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "Must lie in [0, 1).");
        ArgumentOutOfRangeException.ThrowIfNegative(momentum);
        ArgumentOutOfRangeException.ThrowIfNegative(epsilon);
        (_alpha, _momentum, _epsilon) = (alpha, momentum, epsilon);
        _squares = AddSlot("square_avg");
        _buffers = momentum == 0 ? null : AddSlot("momentum_buffer");
    }

    private protected override void Update(ParameterGroup group, OptimizerBatch batch)
    {
        IReadOnlyList<Tensor> gradients = batch.Decayed(group.WeightDecay);
        List<Tensor> squares = _squares.Of(batch, initial: 1);
        Tensor[] change = Aten.ForeachMul(gradients, gradients);
        Aten.ForeachSub_(change, squares);
        Aten.ForeachAdd_(squares, change, alpha: 1 - _alpha);
        Tensor[] roots = Aten.ForeachAdd(squares, _epsilon);
        Aten.ForeachSqrt_(roots);
        if (_buffers is null)
        {
            Aten.ForeachAddcdiv_(batch.Parameters, gradients, roots, -group.LearningRate);
            return;
        }

        List<Tensor> buffers = _buffers.Of(batch, initial: 0);
        Aten.ForeachMul_(buffers, _momentum);
        Aten.ForeachAddcdiv_(buffers, gradients, roots, group.LearningRate);
        Aten.ForeachSub_(batch.Parameters, buffers);
    }
}
