namespace Retort.Torch;

/// <summary>Kinds of errors that libtorch tells apart.</summary>
public enum TorchErrorKind
{
    /// <summary>Anything else: shapes that do not fit, unsupported types, internal errors.</summary>
    Other = 0,

    /// <summary>An index, a dimension or a class label is out of range.</summary>
    Index = 1,

    /// <summary>A value is not allowed.</summary>
    Value = 2,

    /// <summary>A value has the wrong type.</summary>
    Type = 3,

    /// <summary>The operator has no kernel for these arguments.</summary>
    NotImplemented = 4,

    /// <summary>A matrix is singular or a decomposition does not converge.</summary>
    LinearAlgebra = 5,

    /// <summary>Memory could not be allocated.</summary>
    OutOfMemory = 6,

    /// <summary>Managed code that libtorch called threw; see <see cref="Exception.InnerException"/>.</summary>
    Callback = 7,
}
