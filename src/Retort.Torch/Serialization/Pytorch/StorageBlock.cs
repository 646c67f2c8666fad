namespace Retort.Torch.Serialization;

/// <summary>Elements of one storage in a file. Several tensors may look into it.</summary>
/// <param name="Source">The file.</param>
/// <param name="Key">Name of the storage in the file.</param>
/// <param name="Class">Name of its Python class, for messages.</param>
/// <param name="Type">Type of the elements; null where Retort has none for it.</param>
/// <param name="ItemSize">Bytes of an element.</param>
/// <param name="Count">Number of elements.</param>
internal sealed record StorageBlock(CheckpointSource Source, string Key, string Class, DType? Type, int ItemSize, long Count)
{
    /// <summary>First byte in the file; negative: not found yet.</summary>
    public long Offset { get; set; } = -1;

    /// <summary>Reads the whole storage.</summary>
    public Tensor Load() => Source.ReadTensor(Type!.Value, [Count], Offset);

    /// <summary>Reads what a persistent id says of a storage, and refuses a length that the file cannot hold.</summary>
    public static StorageBlock From(CheckpointSource source, PickledObject type, string key, long count)
    {
        if (StorageTypes.Parse(type) is not var (dtype, size))
            throw source.Fault($"storage \"{key}\" is a {type.Name}, which no version of PyTorch has; the file is damaged: copy it again.");
        if (count < 0 || count > source.Length / size)
        {
            throw source.Fault(
                $"storage \"{key}\" claims {count} elements of {size} bytes, the file has {source.Length} bytes; it is cut off or damaged: copy it again.");
        }

        return new StorageBlock(source, key, type.Name, dtype, size, count);
    }
}
