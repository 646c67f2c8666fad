namespace Retort.Torch.Serialization;

/// <summary>A tensor in an open file: what it is, and its elements when they are asked for.</summary>
public abstract class SavedTensor
{
    private protected SavedTensor(DType type, long[] shape) => (DType, Shape) = (type, shape);

    /// <summary>Element type in the file.</summary>
    public DType DType { get; }

    /// <summary>Lengths of the dimensions.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Number of elements.</summary>
    public long Count => SavedShape.Count(Shape) ?? 0;

    /// <summary>Reads the elements, and nothing else of the file, which must still be open.</summary>
    /// <returns>A CPU tensor of the file's type, owned by the current scope or the caller.</returns>
    /// <exception cref="CheckpointException">The file cannot be read.</exception>
    public abstract Tensor Load();

    /// <inheritdoc/>
    public override string ToString() => $"{DType}[{string.Join(", ", Shape)}]";
}
