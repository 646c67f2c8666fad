using System.Runtime.InteropServices;

namespace Retort.Vision.Datasets.Decoding;

/// <summary>The bridge's image functions (native/images.cpp).</summary>
internal static partial class NativeImages
{
    private const string Library = "retort_bridge";

    [LibraryImport(Library, EntryPoint = "retort_image_probe")]
    public static partial int Probe(ref readonly byte bytes, long length, out int width, out int height, out int channels);

    [LibraryImport(Library, EntryPoint = "retort_image_decode")]
    public static partial int Decode(ref readonly byte bytes, long length, ref byte rgb, long capacity, int width, int height);

    /// <summary>Why the last call of this thread failed.</summary>
    public static string LastError() => Marshal.PtrToStringUTF8(LastErrorText()) ?? "";

    [LibraryImport(Library, EntryPoint = "retort_last_error")]
    private static partial nint LastErrorText();
}
