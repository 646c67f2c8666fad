using Retort.Torch.Native;

namespace Retort.Torch.Graphs;

/// <summary>What an operator of a <see cref="Graph"/> takes.</summary>
internal abstract record GraphArgument
{
    /// <summary>A value of the graph.</summary>
    internal sealed record Value(int Number) : GraphArgument;

    /// <summary>A list of values; -1 is none.</summary>
    internal sealed record Values(BridgeTag Tag, IReadOnlyList<int> Numbers) : GraphArgument;

    /// <summary>None, a default, a real number, a truth value, a device.</summary>
    internal sealed record Plain(BridgeValue Content) : GraphArgument;

    /// <summary>An integer: <paramref name="Base"/> + batch · <paramref name="PerImage"/>.</summary>
    internal sealed record Integer(long Base, long PerImage = 0) : GraphArgument
    {
        /// <summary>What it is for a batch.</summary>
        public long For(long batch) => Base + (batch * PerImage);
    }

    /// <summary>A list of integers.</summary>
    internal sealed record Integers(IReadOnlyList<Integer> Items) : GraphArgument;

    /// <summary>A list of reals or truth values, or text, as its bytes.</summary>
    internal sealed record Bytes(BridgeTag Tag, uint Length, byte[] Content) : GraphArgument;
}
