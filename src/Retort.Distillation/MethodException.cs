namespace Retort.Distillation;

/// <summary>A method cannot work between two networks, or a term is wrong; the message says which and why.</summary>
public sealed class MethodException(string message) : RetortException(message)
{
    /// <inheritdoc/>
    public override bool WrongUse => true;
}
