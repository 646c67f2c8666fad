using System.Runtime.InteropServices;

/// <summary>A model in ONNX Runtime. Runs may overlap.</summary>
internal sealed class OnnxModel : IDisposable
{
    private const int OnlyErrors = 3, Uint8 = 2, OfDevice = 0, Default = 0; // values of the C API's enums

    private readonly OrtApi _api;
    private readonly nint _environment, _session, _memory;

    public OnnxModel(string path, string runtime)
    {
        if (!File.Exists(path))
            throw new ModelException($"There is no model {path}: name it with --model, and make it with 'retort export --with-preprocessing'.");
        _api = new OrtApi(runtime);
        _api.Check(_api.CreateEnvironment(OnlyErrors, "serve", out _environment));
        _api.Check(_api.CreateCpuMemory(OfDevice, Default, out _memory));
        _api.Check(_api.CreateOptions(out nint options));
        // So that 8-bit models give the same on processors that have no instructions for them.
        _api.Check(_api.SetOption(options, "session.x64quantprecision", "1"));
        _api.Check(_api.CreateSession(_environment, path, options, out _session));
        _api.ReleaseOptions(options);
    }

    /// <summary>What the model says of itself; null where it does not say it.</summary>
    public string? Metadata(string key)
    {
        _api.Check(_api.DefaultAllocator(out nint allocator));
        _api.Check(_api.Metadata(_session, out nint metadata));
        _api.Check(_api.LookUp(metadata, allocator, key, out nint value));
        string? text = Marshal.PtrToStringUTF8(value);
        if (value != 0)
            _api.Check(_api.FreeMemory(allocator, value));
        _api.ReleaseMetadata(metadata);
        return text;
    }

    /// <summary>Runs the model.</summary>
    /// <param name="inputName">The input, which is of bytes.</param>
    /// <param name="input">Its values.</param>
    /// <param name="shape">Their lengths.</param>
    /// <param name="outputName">The output, which is of floats.</param>
    public float[] Run(string inputName, byte[] input, long[] shape, string outputName)
    {
        GCHandle pinned = GCHandle.Alloc(input, GCHandleType.Pinned);
        nint[] inputNames = [Marshal.StringToCoTaskMemUTF8(inputName)], outputNames = [Marshal.StringToCoTaskMemUTF8(outputName)], outputs = [0];
        nint tensor = 0;
        try
        {
            _api.Check(_api.CreateTensor(_memory, pinned.AddrOfPinnedObject(), (nuint)input.Length, shape, (nuint)shape.Length, Uint8, out tensor));
            _api.Check(_api.Run(_session, 0, inputNames, [tensor], 1, outputNames, 1, outputs));
            return Floats(outputs[0]);
        }
        finally
        {
            foreach (nint value in outputs.Append(tensor).Where(value => value != 0))
                _api.ReleaseValue(value);
            Marshal.FreeCoTaskMem(inputNames[0]);
            Marshal.FreeCoTaskMem(outputNames[0]);
            pinned.Free();
        }
    }

    public void Dispose()
    {
        _api.ReleaseSession(_session);
        _api.ReleaseMemory(_memory);
        _api.ReleaseEnvironment(_environment);
    }

    private float[] Floats(nint tensor)
    {
        _api.Check(_api.TypeAndShape(tensor, out nint shape));
        _api.Check(_api.ElementCount(shape, out nint count));
        _api.ReleaseTypeAndShape(shape);
        _api.Check(_api.TensorData(tensor, out nint data));
        float[] values = new float[count];
        Marshal.Copy(data, values, 0, values.Length);
        return values;
    }
}
