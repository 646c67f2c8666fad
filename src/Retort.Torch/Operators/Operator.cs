using Retort.Torch.Native;

namespace Retort.Torch;

/// <summary>An operator of the dispatcher, looked up at its first call.</summary>
internal sealed unsafe class Operator(string name, string overload)
{
    private nint _handle;

    /// <summary>With namespace, without overload: <c>aten::add</c>.</summary>
    public string Name => name;

    /// <summary>As <c>Tensor</c>; empty where there is none.</summary>
    public string Overload => overload;

    /// <summary>Whether it changes its first argument, which is also its result.</summary>
    public bool IsInPlace => name.EndsWith('_');

    /// <summary>Whether the loaded libtorch and the bridge have it.</summary>
    public bool Exists
    {
        get
        {
            nint handle;
            if (_handle == 0 && Bridge.retort_op_find(name, overload, &handle) == 0)
                _handle = handle;
            return _handle != 0;
        }
    }

    /// <summary>The bridge's handle.</summary>
    /// <exception cref="TorchException">The loaded libtorch has no such operator.</exception>
    public nint Handle
    {
        get
        {
            if (_handle == 0)
            {
                nint handle;
                Bridge.Check(Bridge.retort_op_find(name, overload, &handle));
                _handle = handle;
            }

            return _handle;
        }
    }

    /// <summary>Calls the operator; <paramref name="results"/> has room for exactly <paramref name="resultCount"/> values.</summary>
    public void Call(BridgeValue* arguments, int count, BridgeValue* results, int resultCount)
    {
        int written;
        Bridge.Check(Bridge.retort_op_call(Handle, arguments, count, results, resultCount, &written));
        OperatorObserver.Current?.Called(this, new(arguments, count), new(results, resultCount));
    }
}
