namespace Retort.Torch.Serialization;

/// <summary>A tensor in an open file of torch.save; several may share their elements.</summary>
public sealed class PickledTensor : SavedTensor
{
    // Expanded tensors have more elements than their storage; beyond this they can only be an attack on who copies them.
    private const long MostExpanded = 1L << 31;

    private readonly StorageBlock _block;
    private readonly long _offset;
    private readonly long[] _strides;

    private PickledTensor(StorageBlock block, long offset, long[] shape, long[] strides)
        : base(block.Type!.Value, shape) => (_block, _offset, _strides) = (block, offset, strides);

    /// <summary>Distance in elements between neighbours along each dimension.</summary>
    public IReadOnlyList<long> Strides => _strides;

    /// <inheritdoc/>
    public override Tensor Load()
    {
        using Tensor elements = _block.Load();
        return View(elements);
    }

    /// <summary>Reads the elements, or finds them among the storages that were read.</summary>
    /// <param name="storages">Is added to; its tensors are the caller's to free.</param>
    internal Tensor Load(Dictionary<StorageBlock, Tensor> storages)
    {
        if (!storages.TryGetValue(_block, out Tensor? elements))
            storages.Add(_block, elements = _block.Load().Persist());
        return View(elements);
    }

    /// <summary>Makes a tensor that lies within its storage; a placeholder where its elements are of no type that Retort has.</summary>
    internal static object Checked(CheckpointSource source, PickledStorage storage, long offset, long[] shape, long[] strides)
    {
        if (storage.Block.Type is null)
            return new PickledObject(storage.Block.Class) { IsTensor = true };
        if (SavedShape.Count(shape) is not { } count || Array.Exists(strides, s => s < 0) || offset < 0)
            throw Outside();
        Int128 last = offset;
        for (int i = 0; i < shape.Length; i++)
            last += (Int128)(shape[i] - 1) * strides[i];
        if (count > 0 ? last >= storage.Count : offset > storage.Count)
            throw Outside();
        if (count > storage.Count && count > MostExpanded)
            throw Outside();
        return new PickledTensor(storage.Block, storage.Start + offset, shape, strides);

        CheckpointException Outside() => source.Fault(
            $"a tensor with sizes {SavedShape.Text(shape)}, strides {SavedShape.Text(strides)} and offset {offset} does not lie in storage "
            + $"\"{storage.Block.Key}\" of {storage.Count} elements; the file is damaged: copy it again.");
    }

    private Tensor View(Tensor elements)
    {
        if (Count == 0)
            return Aten.Empty([.. Shape], DType);
        using var noGrad = GradMode.Disable();
        return elements.AsStrided([.. Shape], _strides, _offset);
    }
}
