namespace Retort.Torch.Graphs;

/// <summary>An operator of a <see cref="Graph"/>.</summary>
/// <param name="Operator">What is called.</param>
/// <param name="Arguments">All its arguments, in the schema's order.</param>
/// <param name="Results">The values that it gives; those of a list one after another.</param>
internal sealed record GraphNode(Operator Operator, IReadOnlyList<GraphArgument> Arguments, IReadOnlyList<int> Results)
{
    /// <summary>Whether the one result is a list of tensors.</summary>
    public bool GivesList { get; init; }

    /// <summary>Whether the first argument itself is changed, and so is the result.</summary>
    public bool IsInPlace => Operator.IsInPlace;

    /// <summary>The values that it takes.</summary>
    public IEnumerable<int> Reads => Arguments.SelectMany(argument => argument switch
    {
        GraphArgument.Value value => [value.Number],
        GraphArgument.Values values => values.Numbers.Where(number => number >= 0),
        _ => Enumerable.Empty<int>(),
    });

    /// <summary>An argument that is one value; -1 where it is none.</summary>
    public int Read(int argument) => Arguments[argument] is GraphArgument.Value value ? value.Number : -1;

    /// <summary>The same with another argument.</summary>
    public GraphNode With(int argument, GraphArgument other) => this with { Arguments = [.. Arguments.Select((own, i) => i == argument ? other : own)] };
}
