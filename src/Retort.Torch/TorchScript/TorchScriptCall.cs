using System.Runtime.InteropServices;
using Retort.Torch.Native;

namespace Retort.Torch.TorchScript;

/// <summary>Hands tensors to a TorchScript network and takes back what it gives.</summary>
internal static unsafe class TorchScriptCall
{
    private const int MostOutputs = 256;

    /// <summary>An entry of the bridge that runs a network.</summary>
    public delegate int Entry(nint network, BridgeValue* inputs, int count, BridgeValue* outputs, int capacity, int* written, byte** names);

    /// <summary>Runs a network.</summary>
    /// <param name="network">Its handle.</param>
    /// <param name="inputs">Borrowed.</param>
    /// <param name="taps">How many of the results are features of modules; they come first.</param>
    /// <param name="entry">What runs it.</param>
    /// <param name="owner">Keeps the handle alive.</param>
    /// <returns>The features, and by place or key what the forward method gives, without Nones; owned by the current scope or the caller.</returns>
    /// <exception cref="TorchException">The code fails, or gives something else than tensors.</exception>
    public static (Tensor[] Taps, IReadOnlyList<KeyValuePair<string, Tensor>> Outputs) Run(
        nint network, ReadOnlySpan<Tensor> inputs, int taps, Entry entry, object owner)
    {
        BridgeValue* arguments = stackalloc BridgeValue[Math.Max(inputs.Length, 1)];
        for (int i = 0; i < inputs.Length; i++)
            arguments[i] = BridgeValue.Of(inputs[i]);
        BridgeValue* results = stackalloc BridgeValue[MostOutputs];
        int written;
        byte* names;
        int status = entry(network, arguments, inputs.Length, results, MostOutputs, &written, &names);
        foreach (Tensor input in inputs)
            GC.KeepAlive(input);
        GC.KeepAlive(owner);
        Bridge.Check(status);
        return Take(new ReadOnlySpan<BridgeValue>(results, written), taps, Lines(names));
    }

    /// <summary>The lines of a text of the bridge.</summary>
    public static string[] Lines(byte* text) =>
        Marshal.PtrToStringUTF8((nint)text) is { Length: > 0 } lines ? lines[..^1].Split('\n') : [];

    private static (Tensor[] Taps, IReadOnlyList<KeyValuePair<string, Tensor>> Outputs) Take(ReadOnlySpan<BridgeValue> results, int taps, string[] names)
    {
        List<KeyValuePair<string, Tensor>> tensors = new(results.Length);
        bool hasOthers = false;
        for (int i = 0; i < results.Length; i++)
        {
            if (results[i].Tag == BridgeTag.Tensor)
                tensors.Add(new(i < taps ? "" : names[i - taps], new Tensor(results[i].Pointer)));
            else if (results[i].Tag != BridgeTag.None) // None: an auxiliary head that is off
                hasOthers |= Free(results[i]);
        }

        if (!hasOthers)
            return ([.. tensors.Take(taps).Select(tap => tap.Value)], tensors[taps..]);
        foreach ((_, Tensor tensor) in tensors)
            tensor.Dispose();
        throw new TorchException(
            "The TorchScript network gives something else than tensors, and tuples, lists and dicts of them (a number, a text); wrap it in "
            + "a module whose forward returns tensors.");
    }

    private static bool Free(BridgeValue value)
    {
        if (value.Tag == BridgeTag.Object)
            Bridge.retort_object_free(value.Pointer);
        else if (value.Tag is BridgeTag.String or BridgeTag.IntList or BridgeTag.DoubleList or BridgeTag.BoolList)
            Bridge.retort_list_free(value.Pointer);
        return true;
    }
}
