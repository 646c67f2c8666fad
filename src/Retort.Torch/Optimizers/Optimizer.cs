using Retort.Torch.Serialization;

namespace Retort.Torch.Optimizers;

/// <summary>
/// Changes parameters along their gradients. A step updates all parameters of a group with a few multi-tensor operators; parameters
/// without a gradient are left alone, as is their state. Disposing frees the state, not the parameters.
/// </summary>
public abstract class Optimizer : IDisposable
{
    private readonly OptimizerBatch _batch = new();
    private readonly Dictionary<string, OptimizerSlot> _slots = [];
    private readonly int _count;
    private readonly long[] _steps;

    private protected Optimizer(IReadOnlyList<ParameterGroup> groups, double learningRate, double weightDecay)
    {
        Groups = [.. groups];
        foreach (ParameterGroup group in Groups)
        {
            group.Fill(learningRate, weightDecay);
            _count += group.Parameters.Count;
        }

        if (_count == 0)
            throw new ArgumentException("There is no parameter to train.", nameof(groups));
        _steps = new long[_count];
    }

    /// <summary>The groups, in the order in which the state counts their parameters.</summary>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>Changes every parameter that has a gradient.</summary>
    public void Step()
    {
        using var noGrad = GradMode.Disable();
        using var scope = new TensorScope();
        int index = 0;
        foreach (ParameterGroup group in Groups)
        {
            _batch.Clear();
            foreach (Tensor parameter in group.Parameters)
            {
                if (parameter.Grad is { } gradient)
                {
                    _batch.Indices.Add(index);
                    _batch.Parameters.Add(parameter);
                    _batch.Gradients.Add(gradient);
                    _steps[index]++;
                }

                index++;
            }

            if (_batch.Count > 0)
                Update(group, _batch);
        }

        _batch.Clear();
    }

    /// <summary>Takes the gradients away, which frees them; the next backward pass makes them anew.</summary>
    public void ZeroGrad()
    {
        foreach (ParameterGroup group in Groups)
        {
            foreach (Tensor parameter in group.Parameters)
                parameter.Grad = null;
        }
    }

    /// <summary>Sets every group's learning rate to its initial one times a factor, as a <see cref="Schedules.Schedule"/> gives it.</summary>
    public void ScaleLearningRate(double factor)
    {
        foreach (ParameterGroup group in Groups)
            group.LearningRate = group.InitialLearningRate * factor;
    }

    /// <summary>
    /// What a checkpoint must hold to continue bit for bit: "state.3.exp_avg" is the state of the fourth parameter, "state.3.step" its
    /// number of steps (int64), "groups.0.lr" the first group's learning rate (float64).
    /// </summary>
    /// <returns>New handles, owned by the current scope or the caller; the state's tensors share the optimiser's memory.</returns>
    public IReadOnlyDictionary<string, Tensor> State()
    {
        var state = new Dictionary<string, Tensor>();
        for (int i = 0; i < _count; i++)
        {
            if (_steps[i] > 0)
                state[$"state.{i}.step"] = Tensor.FromValue(_steps[i]);
            foreach (OptimizerSlot slot in _slots.Values)
            {
                if (slot[i] is { } tensor)
                    state[$"state.{i}.{slot.Name}"] = tensor.Share();
            }
        }

        for (int g = 0; g < Groups.Count; g++)
            state[$"groups.{g}.lr"] = Tensor.FromValue(Groups[g].LearningRate);
        return state;
    }

    /// <summary>Continues from what <see cref="State"/> gave, whose tensors are copied. Nothing is changed when a name or a shape does not fit.</summary>
    /// <exception cref="StateDictException">It belongs to another kind of optimiser or to other parameters; the names are listed.</exception>
    public void LoadState(IReadOnlyDictionary<string, Tensor> state)
    {
        var entries = OptimizerState.Match(GetType().Name, state, Groups, _slots);
        foreach (OptimizerSlot slot in _slots.Values)
            slot.Clear();
        Array.Clear(_steps);
        using var noGrad = GradMode.Disable();
        foreach (OptimizerState.Entry entry in entries)
        {
            if (entry.Slot is { } slot)
                slot[entry.Index] = entry.Parameter!.EmptyLike().Copy_(entry.Saved);
            else if (entry.Parameter is not null)
                _steps[entry.Index] = entry.Saved.Item<long>();
            else
                Groups[entry.Index].LearningRate = entry.Saved.Item<double>();
        }
    }

    /// <summary>Frees the state.</summary>
    public void Dispose()
    {
        foreach (OptimizerSlot slot in _slots.Values)
            slot.Clear();
        GC.SuppressFinalize(this);
    }

    /// <summary>Declares a kind of state, by PyTorch's name.</summary>
    private protected OptimizerSlot AddSlot(string name) => _slots[name] = new OptimizerSlot(name, _count);

    /// <summary>Number of steps that a parameter has taken, the one in progress included.</summary>
    private protected long StepsOf(int parameter) => _steps[parameter];

    /// <summary>Changes the parameters of a group that have a gradient; unrecorded, in a scope of its own.</summary>
    private protected abstract void Update(ParameterGroup group, OptimizerBatch batch);
}
