namespace Retort;

/// <summary>
/// A fault that Retort foresaw: its message names the cause and the remedy in a sentence, and is all that a user has to read.
/// </summary>
/// <remarks>The program prints the message alone and ends with 2 for <see cref="WrongUse"/>, otherwise with 1.</remarks>
public class RetortException : Exception
{
    /// <summary>Makes a fault from the sentence the user reads.</summary>
    /// <param name="message">What was wrong, where, what is allowed, what to do.</param>
    /// <param name="inner">What was caught, when there was something; shown with <c>--verbose</c>.</param>
    public RetortException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    /// <summary>
    /// Whether the caller asked for something that cannot be (an unknown name, a bad option, a recipe with a wrong key), as opposed to
    /// something that went wrong while doing what can be done.
    /// </summary>
    public virtual bool WrongUse { get; init; }
}
