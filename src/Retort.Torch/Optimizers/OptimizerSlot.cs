namespace Retort.Torch.Optimizers;

/// <summary>One kind of optimiser state, as "momentum_buffer": a tensor per parameter, null until the parameter's first step.</summary>
internal sealed class OptimizerSlot(string name, int parameters)
{
    private readonly Tensor?[] _tensors = new Tensor?[parameters];

    /// <summary>PyTorch's name of it.</summary>
    public string Name => name;

    /// <summary>The state of a parameter; what is set is taken out of its scope and replaces, and frees, what was there.</summary>
    public Tensor? this[int parameter]
    {
        get => _tensors[parameter];
        set
        {
            if (!ReferenceEquals(_tensors[parameter], value))
                _tensors[parameter]?.Dispose();
            _tensors[parameter] = value?.Persist();
        }
    }

    /// <summary>The state of the step's parameters; what is missing starts as one value everywhere.</summary>
    public List<Tensor> Of(OptimizerBatch batch, double initial)
    {
        var tensors = new List<Tensor>(batch.Count);
        for (int i = 0; i < batch.Count; i++)
            tensors.Add(this[batch.Indices[i]] ??= initial == 0 ? batch.Parameters[i].ZerosLike() : batch.Parameters[i].FullLike(initial));
        return tensors;
    }

    public void Clear()
    {
        for (int i = 0; i < _tensors.Length; i++)
            this[i] = null;
    }
}
