using System.Runtime.InteropServices;

/// <summary>The functions of ONNX Runtime's C API that are used here. Each gives a status: 0, or what went wrong.</summary>
internal sealed class OrtApi
{
    private const uint Version = 14; // later libraries have it, too

    private readonly nint _table;

    public OrtApi(string runtime)
    {
        if (!NativeLibrary.TryLoad(runtime, out nint library) || !NativeLibrary.TryGetExport(library, "OrtGetApiBase", out nint getBase))
            throw new ModelException($"ONNX Runtime cannot be loaded from '{runtime}': name its native library with --onnxruntime, as /usr/lib/libonnxruntime.so.");
        nint getApi = Marshal.ReadIntPtr(Marshal.GetDelegateForFunctionPointer<GetApiBase>(getBase)());
        _table = Marshal.GetDelegateForFunctionPointer<GetApi>(getApi)(Version);
        if (_table == 0)
            throw new ModelException($"'{runtime}' is older than ONNX Runtime 1.{Version}: install a newer one.");

        // The places are those in the struct OrtApi of onnxruntime_c_api.h, which only ever grows at its end.
        ErrorMessage = At<TextOf>(2);
        CreateEnvironment = At<CreateEnvironmentFunction>(3);
        CreateSession = At<CreateSessionFunction>(7);
        Run = At<RunFunction>(9);
        CreateOptions = At<Create>(10);
        CreateTensor = At<CreateTensorFunction>(49);
        TensorData = At<Get>(51);
        ElementCount = At<Get>(64);
        TypeAndShape = At<Get>(65);
        CreateCpuMemory = At<CreateCpuMemoryFunction>(69);
        FreeMemory = At<FreeFunction>(76);
        DefaultAllocator = At<Create>(78);
        ReleaseEnvironment = At<Release>(92);
        ReleaseStatus = At<Release>(93);
        ReleaseMemory = At<Release>(94);
        ReleaseSession = At<Release>(95);
        ReleaseValue = At<Release>(96);
        ReleaseTypeAndShape = At<Release>(99);
        ReleaseOptions = At<Release>(100);
        Metadata = At<Get>(111);
        LookUp = At<LookUpFunction>(116);
        ReleaseMetadata = At<Release>(118);
        SetOption = At<SetOptionFunction>(130);
    }

    internal delegate nint Create(out nint made);

    internal delegate nint Get(nint of, out nint value);

    internal delegate nint TextOf(nint status);

    internal delegate void Release(nint owned);

    internal delegate nint CreateEnvironmentFunction(int logLevel, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, out nint environment);

    internal delegate nint CreateSessionFunction(nint environment, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, nint options, out nint session);

    internal delegate nint SetOptionFunction(nint options, [MarshalAs(UnmanagedType.LPUTF8Str)] string key, [MarshalAs(UnmanagedType.LPUTF8Str)] string value);

    internal delegate nint CreateCpuMemoryFunction(int allocator, int kind, out nint memory);

    internal delegate nint CreateTensorFunction(nint memory, nint data, nuint bytes, long[] shape, nuint rank, int type, out nint tensor);

    internal delegate nint RunFunction(
        nint session, nint options, nint[] inputNames, nint[] inputs, nuint inputCount, nint[] outputNames, nuint outputCount, [In, Out] nint[] outputs);

    internal delegate nint LookUpFunction(nint metadata, nint allocator, [MarshalAs(UnmanagedType.LPUTF8Str)] string key, out nint value);

    internal delegate nint FreeFunction(nint allocator, nint memory);

    private delegate nint GetApiBase();

    private delegate nint GetApi(uint version);

    public Create CreateOptions { get; }

    public Create DefaultAllocator { get; }

    public Get TensorData { get; }

    public Get ElementCount { get; }

    public Get TypeAndShape { get; }

    public Get Metadata { get; }

    public CreateEnvironmentFunction CreateEnvironment { get; }

    public CreateSessionFunction CreateSession { get; }

    public SetOptionFunction SetOption { get; }

    public CreateCpuMemoryFunction CreateCpuMemory { get; }

    public CreateTensorFunction CreateTensor { get; }

    public RunFunction Run { get; }

    public LookUpFunction LookUp { get; }

    public FreeFunction FreeMemory { get; }

    public Release ReleaseEnvironment { get; }

    public Release ReleaseMemory { get; }

    public Release ReleaseSession { get; }

    public Release ReleaseValue { get; }

    public Release ReleaseTypeAndShape { get; }

    public Release ReleaseOptions { get; }

    public Release ReleaseMetadata { get; }

    private TextOf ErrorMessage { get; }

    private Release ReleaseStatus { get; }

    /// <summary>Throws what a status says.</summary>
    public void Check(nint status)
    {
        if (status == 0)
            return;
        string reason = Marshal.PtrToStringUTF8(ErrorMessage(status)) ?? "";
        ReleaseStatus(status);
        throw new ModelException($"ONNX Runtime: {reason}");
    }

    private T At<T>(int place)
        where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(Marshal.ReadIntPtr(_table, place * nint.Size));
}
