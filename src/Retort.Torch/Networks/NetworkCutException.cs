namespace Retort.Torch.Networks;

/// <summary>A network cannot be run from a tap; the message says why.</summary>
public sealed class NetworkCutException(string message) : RetortException(message)
{
    /// <inheritdoc/>
    public override bool WrongUse => true;
}
