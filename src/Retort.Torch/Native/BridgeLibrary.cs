using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Retort.Torch.Native;

/// <summary>Finds, checks and starts the native bridge, once, at the first call into it.</summary>
internal static unsafe partial class BridgeLibrary
{
    private const string FileName = "libretort_bridge.so";
    private const string KeepMemory = "RETORT_KEEP_MEMORY";
    private static readonly Lazy<nint> Loaded = new(Load);

    // As native/runtime.cpp has it.
    private static ReadOnlySpan<byte> BeforeVersion => "retort bridge for libtorch "u8;

#pragma warning disable CA2255 // the resolver must be there before the first import, whichever type makes it
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(Bridge).Assembly, Resolve);

    private static nint Resolve(string library, Assembly assembly, DllImportSearchPath? path) =>
        library == Bridge.Library ? Loaded.Value : 0;

    private static nint Load()
    {
        bool keepsMemory = KeepsMemory(Environment.GetEnvironmentVariable(KeepMemory));

        // libgomp reads this once, when it is loaded: idle threads that spin for long steal the core that another process
        // needs. A variable set through .NET does not reach native code, hence the call into libc.
        setenv("GOMP_SPINCOUNT", "10000", overwrite: 0);

        string file = Path.Combine(AppContext.BaseDirectory, FileName);
        nint library;
        try
        {
            library = NativeLibrary.Load(File.Exists(file) ? file : FileName);
        }
        catch (DllNotFoundException e)
        {
            throw new TorchException(
                $"The native bridge {file} cannot be loaded: {e.Message.Split('\n')[0]} Install libtorch with `./retort`, or set "
                + "LIBTORCH to a folder that holds libtorch's include and lib, and build again.", e);
        }

        int abi = ((delegate* unmanaged<int>)NativeLibrary.GetExport(library, "retort_abi"))();
        if (Refusal(file, abi, Text(library, "retort_compiled_version"), Text(library, "retort_loaded_version")) is { } refusal)
            throw new TorchException(refusal);

        var start = (delegate* unmanaged<int, delegate* unmanaged<byte*, void>, int>)NativeLibrary.GetExport(library, "retort_start");
        var threads = (delegate* unmanaged<int, int>)NativeLibrary.GetExport(library, "retort_set_threads");
        // Libtorch by itself takes half of the processors on x86, whether they share cores or not.
        if (start(keepsMemory ? 1 : 0, &OnWarning) != 0 || threads(ProcessorCores.Count) != 0)
            throw new TorchException($"{file} does not start: {Text(library, "retort_last_error")}");
        return library;
    }

    /// <summary>The libtorch that the bridge beside the program was compiled against, as its file says; null: it does not, or there is none.</summary>
    internal static string? CompiledVersion()
    {
        string file = Path.Combine(AppContext.BaseDirectory, FileName);
        if (!File.Exists(file))
            return null;
        ReadOnlySpan<byte> rest = File.ReadAllBytes(file);
        int start = rest.IndexOf(BeforeVersion);
        if (start < 0)
            return null;
        rest = rest[(start + BeforeVersion.Length)..];
        return Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)0)]);
    }

    /// <summary>Whether freed memory stays in the process for reuse; without it every large tensor costs page faults, and memory is not counted.</summary>
    /// <param name="setting">What the environment says: nothing, "1" or "0".</param>
    internal static bool KeepsMemory(string? setting) => setting switch
    {
        null or "" or "1" => true,
        "0" => false,
        _ => throw new TorchException(
            $"{KeepMemory} is \"{setting}\", but must be 1 (freed memory stays in the process, as by default) or 0 (it is left to malloc).") { WrongUse = true },
    };

    /// <summary>Why a bridge cannot be used; null: it can.</summary>
    /// <param name="file">The bridge.</param>
    /// <param name="abi">Number of its interface.</param>
    /// <param name="compiled">The libtorch it was compiled against.</param>
    /// <param name="loaded">The libtorch that is loaded.</param>
    internal static string? Refusal(string file, int abi, string compiled, string loaded)
    {
        if (abi != Bridge.Abi)
            return $"{file} has interface {abi}, this program needs {Bridge.Abi}: build again with `dotnet build`.";
        // Libtorch keeps its C++ interface within a release: 1.13.0 and 1.13.1 may be mixed, 1.13 and 2.0 may not.
        if (Version.TryParse(compiled, out var a) && Version.TryParse(loaded, out var b) && (a.Major, a.Minor) == (b.Major, b.Minor))
            return null;
        return $"{file} was compiled against libtorch {compiled}, but libtorch {loaded} is loaded: set LIBTORCH to the libtorch that is to be "
            + "used and build again, or take the other one out of LD_LIBRARY_PATH.";
    }

    private static string Text(nint library, string export) =>
        Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)NativeLibrary.GetExport(library, export))()) ?? "";

    [UnmanagedCallersOnly]
    private static void OnWarning(byte* text)
    {
        try
        {
            TorchRuntime.RaiseWarning(Marshal.PtrToStringUTF8((nint)text) ?? "");
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(e); // in the C++ above it, it would end the process
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
