namespace Retort.Torch.Serialization;

/// <summary>The names or shapes of saved tensors do not fit a module.</summary>
public sealed class StateDictException : RetortException
{
    internal StateDictException(
        string message, IReadOnlyList<string> missing, IReadOnlyList<string> unexpected, IReadOnlyList<string> misshapen)
        : base(message) => (Missing, Unexpected, Misshapen) = (missing, unexpected, misshapen);

    /// <summary>Names of the module that the saved tensors lack.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Saved names that the module does not have.</summary>
    public IReadOnlyList<string> Unexpected { get; }

    /// <summary>Names whose shapes differ, with both shapes.</summary>
    public IReadOnlyList<string> Misshapen { get; }
}
