namespace Retort.Torch.Serialization;

/// <summary>A network's tensors in an open file, under the names that its modules have.</summary>
public sealed class StateDictFile : IDisposable
{
    // What DataParallel and torch.compile put before every name.
    private static readonly string[] WrapperPrefixes = ["module.", "_orig_mod."];

    // The counter that averaged models keep beside the network that they wrap.
    private const string AverageCounter = "n_averaged";

    private readonly CheckpointSource _source;
    private readonly IReadOnlyList<SafetensorsFile> _shards;
    private readonly List<string> _ignored = [];
    private OrderedDictionary<string, SavedTensor> _tensors;

    private StateDictFile(
        CheckpointSource source, CheckpointFormat format, IEnumerable<KeyValuePair<string, SavedTensor>> tensors, IReadOnlyList<SafetensorsFile>? shards = null)
    {
        (_source, Format, _shards) = (source, format, shards ?? []);
        _tensors = new OrderedDictionary<string, SavedTensor>(tensors);
    }

    /// <summary>The tensors by name, in the order of the file.</summary>
    public IReadOnlyDictionary<string, SavedTensor> Tensors => _tensors;

    /// <summary>How the file stores them.</summary>
    public CheckpointFormat Format { get; }

    /// <summary>The key in the file under which they are; null: at the top.</summary>
    public string? Key { get; private init; }

    /// <summary>What was taken off the front of every name; empty: nothing.</summary>
    public string Prefix { get; private set; } = "";

    /// <summary>Entries beside the tensors that are left out.</summary>
    public IReadOnlyList<string> Ignored => _ignored;

    /// <summary>Texts from the header of a <c>.safetensors</c> file, or from an index; empty for others.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; private init; } = new Dictionary<string, string>();

    /// <summary>Reads all tensors. Those that share memory in the file share it then.</summary>
    /// <returns>The tensors, owned by the result.</returns>
    /// <exception cref="CheckpointException">The file cannot be read.</exception>
    public SavedState Load()
    {
        Dictionary<StorageBlock, Tensor> storages = [];
        try
        {
            return SavedState.Load(_tensors, t => t is PickledTensor pickled ? pickled.Load(storages) : t.Load()) with
            {
                Format = Format, Key = Key, Prefix = Prefix, Ignored = Ignored, Metadata = Metadata,
            };
        }
        finally
        {
            foreach (Tensor storage in storages.Values)
                storage.Dispose();
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _source.Dispose();
        foreach (SafetensorsFile shard in _shards)
            shard.Dispose();
    }

    internal static StateDictFile Of(CheckpointSource source, SafetensorsFile file, StateDictOptions options)
    {
        RefuseKey(source, options);
        var result = new StateDictFile(
            source, CheckpointFormat.Safetensors, file.Tensors.Select(t => KeyValuePair.Create(t.Key, (SavedTensor)t.Value)))
        {
            Metadata = file.Metadata,
        };
        result.Name(options);
        return result;
    }

    internal static StateDictFile Of(CheckpointSource source, SafetensorsIndex index, StateDictOptions options)
    {
        var result = new StateDictFile(
            source, CheckpointFormat.SafetensorsIndex, index.Tensors.Select(t => KeyValuePair.Create(t.Key, (SavedTensor)t.Value)), index.Shards)
        {
            Metadata = index.Metadata,
        };
        try
        {
            RefuseKey(source, options);
            result.Name(options);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    internal static StateDictFile Of(CheckpointSource source, PytorchCheckpoint checkpoint, StateDictOptions options)
    {
        var (state, key) = new StateDictFinder(source).Find(checkpoint.Root, options.Key);
        foreach (var (name, value) in state.Named)
        {
            // Settings that lie among the tensors are left out as numbers and texts are; a tensor that cannot be read is not.
            if (value is PickledObject unknown && (unknown.IsTensor || options.Names?.Contains(name) == true))
            {
                throw source.Fault(
                    $"\"{name}\" of the state dict is a {unknown.Name}, which Retort does not read; save it as a plain tensor, or take it out.");
            }
        }

        var result = new StateDictFile(
            source, checkpoint.Format,
            state.Named.Where(e => e.Value is PickledTensor).Select(e => KeyValuePair.Create(e.Key, (SavedTensor)e.Value!)))
        {
            Key = key,
        };
        result._ignored.AddRange(state.Named.Where(e => e.Value is not PickledTensor).Select(e => e.Key));
        result._ignored.AddRange(state.Others.Select(_ => "(an entry whose key is no text)"));
        result.Name(options);
        return result;
    }

    private static void RefuseKey(CheckpointSource source, StateDictOptions options)
    {
        if (options.Key is { } key)
            throw source.Fault($"a .safetensors file has no keys, so there is no \"{key}\"; leave the key out.");
    }

    private void Name(StateDictOptions options)
    {
        StripPrefixes(options.Prefix);
        Rename(options.Renames);
        if (options.Names is { } known)
            StripToward(known);
    }

    private void Rename(IReadOnlyList<RenameRule> rules)
    {
        if (rules.Count == 0)
            return;
        OrderedDictionary<string, SavedTensor> renamed = [];
        Dictionary<string, string> before = [];
        foreach ((string name, SavedTensor tensor) in _tensors)
        {
            string now = Renamed(name, rules);
            if (now.Length == 0)
                _ignored.Add(name);
            else if (!renamed.TryAdd(now, tensor))
                throw _source.Fault($"renaming gives \"{before[now]}\" and \"{name}\" one name, \"{now}\"; give a narrower pattern.");
            else
                before[now] = name;
        }

        _tensors = renamed;
    }

    private string Renamed(string name, IReadOnlyList<RenameRule> rules)
    {
        try
        {
            return rules.Aggregate(name, (now, rule) => rule.Apply(now));
        }
        catch (FormatException e)
        {
            throw _source.Fault(e.Message, e);
        }
    }

    private void StripToward(IReadOnlySet<string> known)
    {
        if (_tensors.Count == 0 || _tensors.Keys.Any(known.Contains))
            return;
        string first = Names().First();
        for (int end = first.IndexOf('.', StringComparison.Ordinal) + 1; end > 0; end = first.IndexOf('.', end) + 1)
        {
            string prefix = first[..end];
            if (!Names().All(n => Has(n, prefix)))
                return;
            if (Names().Any(n => known.Contains(n[end..])))
            {
                Strip(prefix);
                return;
            }
        }
    }

    private void StripPrefixes(string asked)
    {
        while (Array.Find(WrapperPrefixes, p => _tensors.Count > 0 && Names().All(n => Has(n, p))) is { } wrapper)
            Strip(wrapper);
        if (asked.Length == 0)
            return;
        if (!_tensors.Keys.Any(n => Has(n, asked)))
            throw _source.Fault($"no name begins with \"{asked}\"; the first is \"{_tensors.Keys.FirstOrDefault()}\": give another prefix.");
        Strip(asked);
    }

    private IEnumerable<string> Names() => _tensors.Count > 1 ? _tensors.Keys.Where(n => n != AverageCounter) : _tensors.Keys;

    private static bool Has(string name, string prefix) =>
        name.Length > prefix.Length && name.StartsWith(prefix, StringComparison.Ordinal);

    private void Strip(string prefix)
    {
        _ignored.AddRange(_tensors.Keys.Where(n => !Has(n, prefix)));
        _tensors = new(_tensors.Where(t => Has(t.Key, prefix)).Select(t => KeyValuePair.Create(t.Key[prefix.Length..], t.Value)));
        Prefix += prefix;
    }
}
