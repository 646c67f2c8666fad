namespace Retort.Torch.Graphs;

/// <summary>What a network computes cannot be written as a graph.</summary>
public sealed class GraphException : RetortException
{
    internal GraphException(string message)
        : base(message)
    {
    }
}
