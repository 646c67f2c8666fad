namespace Retort.Torch.Serialization;

/// <summary>
/// Stands for a Python object that Retort does not make: of a pickle's classes and functions only a few for tensors and containers are
/// known, and none is ever called.
/// </summary>
public sealed class PickledObject
{
    internal PickledObject(string name, bool isGlobal = false) => (Name, IsGlobal) = (name, isGlobal);

    /// <summary>Module and name of the class or function that would have made it, as "argparse.Namespace".</summary>
    public string Name { get; }

    /// <summary>Whether it is the class or function itself, not what that would make.</summary>
    internal bool IsGlobal { get; }

    /// <summary>Whether it stands for a tensor, of elements that Retort has not.</summary>
    internal bool IsTensor { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"<{Name}>";
}
