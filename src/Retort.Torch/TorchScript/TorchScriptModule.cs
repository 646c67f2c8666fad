using System.Runtime.InteropServices;
using Retort.Torch.Native;
using Retort.Torch.Serialization;

namespace Retort.Torch.TorchScript;

/// <summary>
/// A network that PyTorch scripted or traced to a file, run by libtorch: a teacher without its source. Unlike a state dict such a file
/// holds code, which libtorch's interpreter runs; it can compute, but not reach files or processes.
/// </summary>
public sealed unsafe class TorchScriptModule : IDisposable
{
    private const int MostOutputs = 256;

    private nint _handle;

    private TorchScriptModule(nint handle, string path) => (_handle, Path) = (handle, path);

    /// <summary>The file it came from.</summary>
    public string Path { get; }

    /// <summary>Whether batch statistics and dropout are in use; true after loading, as in PyTorch.</summary>
    public bool IsTraining { get; private set; } = true;

    private nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle == 0, this);
            return _handle;
        }
    }

    /// <summary>Loads a network.</summary>
    /// <param name="path">A file of torch.jit.save.</param>
    /// <param name="device">Where its parameters go.</param>
    /// <exception cref="CheckpointException">There is no such file, or it holds no TorchScript network.</exception>
    public static TorchScriptModule Load(string path, Device device)
    {
        RequireTorchScript(path);
        nint handle;
        try
        {
            Bridge.Check(Bridge.retort_module_load(path, (int)device.Type, device.Index, &handle));
        }
        catch (TorchException e)
        {
            throw new CheckpointException(path, $"libtorch {TorchRuntime.Version} does not load it: {e.Message.Split('\n')[0]}", e);
        }

        return new TorchScriptModule(handle, path);
    }

    /// <summary>Runs the network's forward method.</summary>
    /// <param name="inputs">Its arguments, on its device.</param>
    /// <returns>Its result, owned by the current scope or the caller; of a tuple or list every tensor, in order, without Nones.</returns>
    /// <exception cref="TorchException">The code fails, or gives something else than tensors.</exception>
    public Tensor[] Forward(params ReadOnlySpan<Tensor> inputs)
    {
        BridgeValue* arguments = stackalloc BridgeValue[Math.Max(inputs.Length, 1)];
        for (int i = 0; i < inputs.Length; i++)
            arguments[i] = BridgeValue.Of(inputs[i]);
        BridgeValue* results = stackalloc BridgeValue[MostOutputs];
        int written;
        int status = Bridge.retort_module_forward(Handle, arguments, inputs.Length, results, MostOutputs, &written);
        foreach (Tensor input in inputs)
            GC.KeepAlive(input);
        GC.KeepAlive(this);
        Bridge.Check(status);
        return Tensors(new ReadOnlySpan<BridgeValue>(results, written));
    }

    /// <summary>Its parameters, then its buffers, under their dotted names; owned by the current scope or the caller, memory shared.</summary>
    public IReadOnlyDictionary<string, Tensor> State()
    {
        byte* names;
        nint* handles;
        int count;
        Bridge.Check(Bridge.retort_module_state(Handle, &names, &handles, &count));
        GC.KeepAlive(this);
        string[] lines = (Marshal.PtrToStringUTF8((nint)names) ?? "").Split('\n');
        OrderedDictionary<string, Tensor> state = new(count);
        for (int i = 0; i < count; i++)
            state[lines[i]] = new Tensor(handles[i]);
        Bridge.retort_list_free((nint)handles);
        return state;
    }

    /// <summary>Sets training (true) or evaluation (false) behaviour.</summary>
    public void Train(bool on = true)
    {
        Bridge.Check(Bridge.retort_module_train(Handle, on ? 1 : 0));
        IsTraining = on;
    }

    /// <summary>Sets evaluation behaviour.</summary>
    public void Eval() => Train(on: false);

    /// <summary>Frees the network; tensors that it gave out live on.</summary>
    public void Dispose()
    {
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0)
            Bridge.retort_module_free(handle);
    }

    private static void RequireTorchScript(string path)
    {
        using var source = CheckpointSource.Open(path);
        if (FileSignature.Detect(source) != CheckpointFormat.PytorchZip || !PytorchZip.IsTorchScript(new ZipDirectory(source)))
            throw source.Fault("it holds no TorchScript network but saved tensors; give the model's name to load them into it.");
    }

    private static Tensor[] Tensors(ReadOnlySpan<BridgeValue> results)
    {
        List<Tensor> tensors = new(results.Length);
        int others = 0;
        foreach (BridgeValue result in results)
        {
            switch (result.Tag)
            {
                case BridgeTag.Tensor:
                    tensors.Add(new Tensor(result.Pointer));
                    break;
                case BridgeTag.TensorList:
                    tensors.AddRange(Tensor.OwnedList(result));
                    break;
                case BridgeTag.None: // an auxiliary head that is off
                    break;
                case BridgeTag.Object:
                    Bridge.retort_object_free(result.Pointer);
                    others++;
                    break;
                case BridgeTag.String or BridgeTag.IntList or BridgeTag.DoubleList or BridgeTag.BoolList:
                    Bridge.retort_list_free(result.Pointer);
                    others++;
                    break;
                default:
                    others++;
                    break;
            }
        }

        if (others == 0)
            return [.. tensors];
        foreach (Tensor tensor in tensors)
            tensor.Dispose();
        throw new TorchException(
            "The TorchScript network gives something else than tensors, tuples and lists of them (a dict or a number); wrap it in a "
            + "module whose forward returns a tuple of tensors.");
    }
}
