namespace Retort.Torch.Optimizers;

/// <summary>
/// Stochastic gradient descent with momentum in PyTorch's form: g ← g + decay·w; v ← momentum·v + (1 − dampening)·g, v = g in the first
/// step; w ← w − rate·v, or w ← w − rate·(g + momentum·v) with Nesterov. The rate stands outside of the momentum.
/// </summary>
public sealed class Sgd : Optimizer
{
    private readonly double _momentum, _dampening;
    private readonly bool _nesterov;
    private readonly OptimizerSlot? _buffers;

    /// <summary>Makes an optimiser for one group.</summary>
    /// <param name="parameters">Borrowed.</param>
    /// <param name="learningRate">Initial learning rate.</param>
    /// <param name="momentum">0 for none.</param>
    /// <param name="dampening">Part of the gradient that does not enter the momentum.</param>
    /// <param name="weightDecay">L2 penalty, added to the gradient.</param>
    /// <param name="nesterov">Whether the step looks ahead; needs momentum and no dampening.</param>
    public Sgd(
        IReadOnlyList<Tensor> parameters, double learningRate, double momentum = 0, double dampening = 0, double weightDecay = 0,
        bool nesterov = false)
        : this([new ParameterGroup(parameters)], learningRate, momentum, dampening, weightDecay, nesterov)
    {
    }

    /// <summary>Makes an optimiser for groups; learning rate and weight decay are for the groups that have none of their own.</summary>
    /// <param name="groups">The groups.</param>
    /// <param name="learningRate">Initial learning rate.</param>
    /// <param name="momentum">0 for none.</param>
    /// <param name="dampening">Part of the gradient that does not enter the momentum.</param>
    /// <param name="weightDecay">L2 penalty, added to the gradient.</param>
    /// <param name="nesterov">Whether the step looks ahead; needs momentum and no dampening.</param>
    public Sgd(
        IReadOnlyList<ParameterGroup> groups, double learningRate, double momentum = 0, double dampening = 0, double weightDecay = 0,
        bool nesterov = false)
        : base(groups, learningRate, weightDecay)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(momentum);
        if (nesterov && (momentum == 0 || dampening != 0))
            throw new ArgumentException("Nesterov needs a momentum and no dampening.", nameof(nesterov));
        (_momentum, _dampening, _nesterov) = (momentum, dampening, nesterov);
        _buffers = momentum == 0 ? null : AddSlot("momentum_buffer");
    }

    private protected override void Update(ParameterGroup group, OptimizerBatch batch)
    {
        IReadOnlyList<Tensor> gradients = batch.Decayed(group.WeightDecay);
        IReadOnlyList<Tensor> step = gradients;
        if (_buffers is not null)
        {
            IReadOnlyList<Tensor> momenta = Accumulate(_buffers, batch, gradients);
            step = _nesterov ? Aten.ForeachAdd(gradients, momenta, alpha: _momentum) : momenta;
        }

        Aten.ForeachAdd_(batch.Parameters, step, alpha: -group.LearningRate);
    }

    private List<Tensor> Accumulate(OptimizerSlot buffers, OptimizerBatch batch, IReadOnlyList<Tensor> gradients)
    {
        List<Tensor> momenta = new(batch.Count), old = new(batch.Count), oldGradients = new(batch.Count);
        for (int i = 0; i < batch.Count; i++)
        {
            int index = batch.Indices[i];
            if (buffers[index] is { } buffer)
            {
                old.Add(buffer);
                oldGradients.Add(gradients[i]);
            }
            else
            {
                buffers[index] = buffer = gradients[i].Clone();
            }

            momenta.Add(buffer);
        }

        if (old.Count > 0)
        {
            Aten.ForeachMul_(old, _momentum);
            Aten.ForeachAdd_(old, oldGradients, alpha: 1 - _dampening);
        }

        return momenta;
    }
}
