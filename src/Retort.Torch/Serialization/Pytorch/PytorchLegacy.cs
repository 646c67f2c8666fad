using System.Buffers.Binary;

namespace Retort.Torch.Serialization;

/// <summary>
/// The format of torch.save before PyTorch 1.6: pickles of a magic number, a version, facts about the machine, the object and the
/// storages' keys; then each storage as a 64-bit count and its elements.
/// </summary>
internal static class PytorchLegacy
{
    private const long Version = 1001;

    public static object? Read(CheckpointSource source)
    {
        var budget = new PickleBudget(source);
        var input = new PickleInput(source, budget, 0, source.Length);
        var storages = new StorageTable(source, _ => { });
        var pickles = new PickleMachine(source, input, budget, storages.PersistentLoad);

        pickles.Read(); // the magic number: seen by FileSignature
        if (pickles.Read() is not Version)
            throw source.Fault($"the version of its format is not {Version}; save the file again with a newer PyTorch.");
        if (pickles.Read() is PickledDictionary machine && machine["little_endian"] is false)
            throw source.Fault("its numbers are in big-endian order; save the file on another machine.");
        object? root = pickles.Read();
        if (pickles.Read() is not List<object?> keys)
            throw source.Fault("the list of its storages is missing; the file is damaged: copy it again.");
        Locate(source, storages, keys, input.Position);
        return root;
    }

    private static void Locate(CheckpointSource source, StorageTable storages, List<object?> keys, long position)
    {
        Span<byte> prefix = stackalloc byte[sizeof(long)];
        foreach (object? key in keys)
        {
            if (key is not string name || !storages.Blocks.TryGetValue(name, out StorageBlock? block) || block.Offset >= 0)
                throw source.Fault("it lists a storage twice, or one that nothing refers to; the file is damaged: copy it again.");
            source.Read(position, prefix);
            position += sizeof(long);
            long count = BinaryPrimitives.ReadInt64LittleEndian(prefix), length = block.Count * block.ItemSize;
            if (count != block.Count || length > source.Length - position)
            {
                throw source.Fault(
                    $"storage \"{name}\" has {count} elements in {source.Length - position} bytes, its pickle says {block.Count} of {block.ItemSize} bytes; "
                    + "the file is cut off or damaged: copy it again.");
            }

            block.Offset = position;
            position += length;
        }

        if (storages.Blocks.Values.FirstOrDefault(b => b.Offset < 0) is { } missing)
            throw source.Fault($"storage \"{missing.Key}\" is missing at the end of the file; it is damaged: copy it again.");
    }
}
