using Retort.Torch.Native;
using Retort.Torch.Serialization;

namespace Retort.Torch.TorchScript;

/// <summary>
/// A network that PyTorch scripted or traced to a file, run by libtorch. Unlike a state dict such a file is a program: libtorch's interpreter
/// runs its code, some of it while it is loaded, and operators can read and write files. Load it only from who you trust.
/// </summary>
public sealed unsafe class TorchScriptModule : IDisposable
{
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

    /// <summary>Whether a file is a zip archive with a TorchScript network in it; saved tensors are not.</summary>
    /// <exception cref="CheckpointException">There is no such file, or it is none that Retort reads.</exception>
    public static bool IsTorchScript(string path)
    {
        using var source = CheckpointSource.Open(path);
        return IsTorchScript(source);
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
    /// <returns>Its result, owned by the current scope or the caller; of a tuple, list or dict every tensor, in order, without Nones.</returns>
    /// <exception cref="TorchException">The code fails, or gives something else than tensors.</exception>
    public Tensor[] Forward(params ReadOnlySpan<Tensor> inputs) =>
        [.. TorchScriptCall.Run(Handle, inputs, taps: 0, Bridge.retort_module_forward, this).Outputs.Select(output => output.Value)];

    /// <summary>Its parameters, then its buffers, under their dotted names; owned by the current scope or the caller, memory shared.</summary>
    public IReadOnlyDictionary<string, Tensor> State() => State(out _);

    /// <summary>The same.</summary>
    /// <param name="parameters">How many of them, the first ones, are parameters.</param>
    public IReadOnlyDictionary<string, Tensor> State(out int parameters)
    {
        byte* names;
        nint* handles;
        int count, first;
        Bridge.Check(Bridge.retort_module_state(Handle, &names, &handles, &first, &count));
        GC.KeepAlive(this);
        parameters = first;
        string[] lines = TorchScriptCall.Lines(names);
        OrderedDictionary<string, Tensor> state = new(count);
        for (int i = 0; i < count; i++)
            state[lines[i]] = new Tensor(handles[i]);
        Bridge.retort_list_free((nint)handles);
        return state;
    }

    /// <summary>The modules within it, by their dotted paths, with the names of their Python classes, as "layer1.0.conv1" and "Conv2d".</summary>
    public IReadOnlyDictionary<string, string> Parts()
    {
        byte* text;
        Bridge.Check(Bridge.retort_module_parts(Handle, &text));
        GC.KeepAlive(this);
        OrderedDictionary<string, string> parts = [];
        foreach (string line in TorchScriptCall.Lines(text))
            parts[line[..line.IndexOf(' ', StringComparison.Ordinal)]] = line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        return parts;
    }

    /// <summary>Makes of it a network for inference that also gives what some modules within it give; this one is in evaluation mode from then on.</summary>
    /// <param name="modules">Dotted paths, as "layer1" or "features.7".</param>
    /// <exception cref="CheckpointException">A module is not there, or cannot be tapped; the message says why.</exception>
    public TappedTorchScript Tap(IReadOnlyList<string> modules)
    {
        IReadOnlyDictionary<string, string> parts = Parts();
        foreach (string module in modules.Where(module => !parts.ContainsKey(module)))
        {
            string question = NearestName.Question(module, parts.Keys);
            throw new CheckpointException(
                Path, $"the network has no module \"{module}\". {(question.Length > 0 ? question : $"`retort inspect {Path}` lists its modules.")}");
        }

        nint tapped;
        try
        {
            Bridge.Check(Bridge.retort_module_tap(Handle, string.Join('\n', modules), &tapped));
        }
        catch (TorchException e)
        {
            throw new CheckpointException(Path, $"{e.Message.Split('\n')[0].TrimEnd('.')}.", e);
        }

        GC.KeepAlive(this);
        IsTraining = false;
        return new TappedTorchScript(tapped, modules.Count);
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

    /// <summary>Refuses a file that holds none.</summary>
    /// <exception cref="CheckpointException">There is no such file, or it holds no TorchScript network.</exception>
    public static void RequireTorchScript(string path)
    {
        using var source = CheckpointSource.Open(path);
        if (!IsTorchScript(source))
            throw source.Fault("it holds no TorchScript network but saved tensors; give the model's name to load them into it.");
    }

    private static bool IsTorchScript(CheckpointSource source) =>
        FileSignature.Detect(source) == CheckpointFormat.PytorchZip && PytorchZip.IsTorchScript(new ZipDirectory(source));
}
