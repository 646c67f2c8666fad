namespace Retort.Torch;

/// <summary>One place between the brackets of <c>tensor[...]</c>: a number, a range, a tensor of indices, "all" or a new axis.</summary>
public readonly struct TensorIndex
{
    private TensorIndex(Kind kind, Index index = default, Range range = default, Tensor? tensor = null) =>
        (What, Index, Range, Indices) = (kind, index, range, tensor);

    internal enum Kind
    {
        All,
        Number,
        Range,
        Indices,
        NewAxis,
        Ellipsis,
    }

    /// <summary>Everything along a dimension, as Python's <c>:</c>.</summary>
    public static TensorIndex All => default;

    /// <summary>A new dimension of length 1, as Python's <c>None</c>.</summary>
    public static TensorIndex NewAxis => new(Kind.NewAxis);

    /// <summary>As many <see cref="All"/> as are missing, as Python's <c>...</c>.</summary>
    public static TensorIndex Ellipsis => new(Kind.Ellipsis);

    internal Kind What { get; }

    internal Index Index { get; }

    internal Range Range { get; }

    internal Tensor? Indices { get; }

    /// <summary>Dimensions of the tensor that this place stands for: a mask stands for as many as it has itself.</summary>
    internal int Dimensions => What switch
    {
        Kind.NewAxis or Kind.Ellipsis => 0,
        Kind.Indices when Indices!.DType is DType.Bool or DType.UInt8 => Indices.Rank,
        _ => 1,
    };

    /// <summary>One place; negative numbers count from the end.</summary>
    public static implicit operator TensorIndex(int index) =>
        new(Kind.Number, index < 0 ? new Index(-index, fromEnd: true) : new Index(index));

    /// <summary>One place, <c>^1</c> being the last.</summary>
    public static implicit operator TensorIndex(Index index) => new(Kind.Number, index);

    /// <summary>A range of places.</summary>
    public static implicit operator TensorIndex(Range range) => new(Kind.Range, range: range);

    /// <summary>The places that an integer tensor names, or those where a boolean tensor is true.</summary>
    public static implicit operator TensorIndex(Tensor indices) => new(Kind.Indices, tensor: indices);
}
