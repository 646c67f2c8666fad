using System.Runtime.InteropServices;
using Retort.Torch.Native;

namespace Retort.Torch;

/// <summary>A failure that libtorch reports: which operator, with which arguments, and why.</summary>
public sealed class TorchException : RetortException
{
    /// <summary>Makes an exception of kind <see cref="TorchErrorKind.Other"/>.</summary>
    public TorchException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    internal TorchException(string message, TorchErrorKind kind, Exception? inner = null)
        : base(message, inner) => Kind = kind;

    /// <summary>What kind of error libtorch reports.</summary>
    public TorchErrorKind Kind { get; }

    /// <summary>The error that the bridge holds for the calling thread.</summary>
    internal static unsafe TorchException FromBridge()
    {
        var kind = (TorchErrorKind)Bridge.retort_last_error_kind();
        string text = Marshal.PtrToStringUTF8((nint)Bridge.retort_last_error()) ?? "";
        return new TorchException(text, kind, kind == TorchErrorKind.Callback ? AutogradFunction.TakeFailure() : null);
    }
}
