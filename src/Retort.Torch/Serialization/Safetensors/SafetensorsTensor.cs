namespace Retort.Torch.Serialization;

/// <summary>A tensor in an open <c>.safetensors</c> file.</summary>
public sealed class SafetensorsTensor : SavedTensor
{
    private readonly CheckpointSource _source;

    internal SafetensorsTensor(CheckpointSource source, DType type, long[] shape, long offset, long length)
        : base(type, shape) => (_source, Offset, Length) = (source, offset, length);

    /// <summary>First byte of the elements, counted from the start of the file.</summary>
    internal long Offset { get; }

    internal long Length { get; }

    /// <inheritdoc/>
    public override Tensor Load() => _source.ReadTensor(DType, [.. Shape], Offset);
}
