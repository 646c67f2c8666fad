namespace Retort.Torch.Serialization;

/// <summary>The storages of a file of torch.save by key, as its pickle's persistent ids declare them.</summary>
/// <param name="source">The file.</param>
/// <param name="locate">Is told of every new storage, to find its bytes and check their number.</param>
internal sealed class StorageTable(CheckpointSource source, Action<StorageBlock> locate)
{
    private readonly Dictionary<string, StorageBlock> _blocks = [];

    public IReadOnlyDictionary<string, StorageBlock> Blocks => _blocks;

    /// <summary>What a persistent id stands for: a storage, or something of a network's code.</summary>
    public object PersistentLoad(object? id)
    {
        if (id is object?[] and ["module", PickledObject network, ..])
            return new PickledObject(network.Name, network.IsGlobal);
        if (id is not object?[] parts || parts is not ["storage", PickledObject type, string key, _, long count, ..])
            throw Malformed("refers to something else than a storage");
        if (StorageTypes.Parse(type) is null)
            return new PickledObject(type.Name);

        if (!_blocks.TryGetValue(key, out StorageBlock? block))
        {
            block = StorageBlock.From(source, type, key, count);
            locate(block);
            _blocks.Add(key, block);
        }
        else if (block.Count != count || block.Class != type.Name)
        {
            throw Malformed($"describes storage \"{(key.Length > 40 ? key[..40] : key)}\" in two ways");
        }

        return parts is [_, _, _, _, _, object?[] view] ? Part(block, view) : new PickledStorage(block, 0, count);
    }

    private PickledStorage Part(StorageBlock block, object?[] view)
    {
        if (view is not [_, long start, long count] || start < 0 || count < 0 || start > block.Count - count)
            throw Malformed($"takes a part of storage \"{block.Key}\" that it does not have");
        return new PickledStorage(block, start, count);
    }

    private CheckpointException Malformed(string what) => source.Fault($"its pickle {what}; the file is damaged: copy it again.");
}
