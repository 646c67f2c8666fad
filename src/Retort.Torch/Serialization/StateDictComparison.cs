using Retort.Torch.Modules;

namespace Retort.Torch.Serialization;

/// <summary>What of some saved tensors a network takes, by names and shapes.</summary>
public sealed class StateDictComparison
{
    // Batch norms count batches since PyTorch 0.4.1; files from before have no counter, and only averages over all batches read it.
    private const string Counter = "num_batches_tracked";

    private readonly IReadOnlyDictionary<string, IReadOnlyList<long>> _own;
    private readonly IReadOnlyDictionary<string, IReadOnlyList<long>> _saved;

    /// <summary>Compares.</summary>
    /// <param name="own">The network's shapes by name.</param>
    /// <param name="saved">The saved ones.</param>
    public StateDictComparison(IReadOnlyDictionary<string, IReadOnlyList<long>> own, IReadOnlyDictionary<string, IReadOnlyList<long>> saved)
    {
        (_own, _saved) = (own, saved);
        Missing = [.. own.Keys.Where(name => !saved.ContainsKey(name) && Part(name) != Counter)];
        Unexpected = [.. saved.Keys.Where(name => !own.ContainsKey(name))];
        string[] common = [.. own.Keys.Where(saved.ContainsKey)];
        Matching = [.. common.Where(name => own[name].SequenceEqual(saved[name]))];
        Misshapen = [.. common.Where(name => !own[name].SequenceEqual(saved[name]))];
    }

    /// <summary>Names that both have with the same shape.</summary>
    public IReadOnlyList<string> Matching { get; }

    /// <summary>Names of the network that the saved tensors lack; counters of batch norms, which old files lack, are none of them.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Saved names that the network does not have.</summary>
    public IReadOnlyList<string> Unexpected { get; }

    /// <summary>Names that both have, with different shapes.</summary>
    public IReadOnlyList<string> Misshapen { get; }

    /// <summary>Whether the network takes all of it.</summary>
    public bool Fits => Missing.Count + Unexpected.Count + Misshapen.Count == 0;

    /// <summary>Names and shapes of a network.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<long>> ShapesOf(Module module) => ShapesOf(module.State());

    /// <summary>Names and shapes of tensors.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<long>> ShapesOf(IEnumerable<KeyValuePair<string, Tensor>> tensors) =>
        tensors.ToDictionary(tensor => tensor.Key, tensor => (IReadOnlyList<long>)tensor.Value.Shape);

    /// <summary>Of a missing name, the unexpected ones of its shape that may mean it, the nearest first; often none.</summary>
    public IReadOnlyList<string> NearTo(string missing)
    {
        string[] fitting = [.. Unexpected.Where(name => _saved[name].SequenceEqual(_own[missing]))];
        if (NearestName.Find(missing, fitting) is { Count: > 0 } near)
            return near;
        // However else it is called: the only one that is the same part of some module, as a weight.
        return fitting.Where(name => Part(name) == Part(missing)).Take(2).ToArray() is [var only] ? [only] : [];
    }

    private static string Part(string name) => name[(name.LastIndexOf('.') + 1)..];
}
