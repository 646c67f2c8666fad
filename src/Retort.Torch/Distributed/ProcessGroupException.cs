namespace Retort.Torch.Distributed;

/// <summary>Processes that work together could not meet, or one of them is gone; the message names the operation and the ranks.</summary>
public sealed class ProcessGroupException : RetortException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="operation">What failed, as "all-reduce".</param>
    /// <param name="message">The sentence that the user reads.</param>
    /// <param name="inner">What libtorch said.</param>
    public ProcessGroupException(string operation, string message, Exception? inner = null)
        : base(message, inner) => Operation = operation;

    /// <summary>What failed, as "all-reduce".</summary>
    public string Operation { get; }
}
