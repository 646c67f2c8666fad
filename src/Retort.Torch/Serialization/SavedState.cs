namespace Retort.Torch.Serialization;

/// <summary>Tensors read from a file, by name, and what was chosen to find them. Owns the tensors.</summary>
public sealed record SavedState : IDisposable
{
    private readonly OrderedDictionary<string, Tensor> _tensors = [];

    private SavedState()
    {
    }

    /// <summary>The tensors by name, in the order of the file. Borrowed; on the CPU, with the file's types.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors => _tensors;

    /// <summary>How the file stores them.</summary>
    public CheckpointFormat Format { get; init; }

    /// <summary>The key in the file under which they were, as "model" or "model_ema.state_dict"; null: they were at the top.</summary>
    public string? Key { get; init; }

    /// <summary>What was taken off the front of every name, as "module."; empty: nothing.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Entries beside the tensors that were left out: what is no tensor, and names without the prefix that was asked for.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Texts from the header of a <c>.safetensors</c> file, or from an index; empty for others.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        foreach (Tensor tensor in _tensors.Values)
            tensor.Dispose();
    }

    internal static SavedState Load(IEnumerable<KeyValuePair<string, SavedTensor>> tensors, Func<SavedTensor, Tensor> load)
    {
        var state = new SavedState();
        try
        {
            foreach (var (name, tensor) in tensors)
                state._tensors.Add(name, load(tensor).Persist());
            return state;
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }
}
