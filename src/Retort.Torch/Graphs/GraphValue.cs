namespace Retort.Torch.Graphs;

/// <summary>What is known of a value of a <see cref="Graph"/>.</summary>
/// <param name="Type">Type of its elements.</param>
/// <param name="Shape">Its lengths, which may grow with the batch.</param>
internal sealed record GraphValue(DType Type, IReadOnlyList<GraphArgument.Integer> Shape)
{
    /// <summary>The dotted path of a parameter or buffer; null for what is neither.</summary>
    public string? Name { get; init; }

    /// <summary>What is known of a tensor that is there already.</summary>
    public static GraphValue Of(Tensor tensor) => new(tensor.DType, [.. tensor.Shape.Select(length => new GraphArgument.Integer(length))]);
}
