using System.Runtime.InteropServices;

namespace Retort.Training.Runs;

/// <summary>
/// Makes names in a folder durable: a renamed file survives a power failure only after its folder was flushed too, which .NET has
/// no call for. Does nothing on Windows, where the file system's journal does it.
/// </summary>
internal static partial class DirectorySync
{
    private const int ReadOnlyDirectory = 0x10000 | 0x80000; // O_DIRECTORY | O_CLOEXEC of Linux; read-only is 0

    /// <summary>Flushes a folder's entries. File systems that cannot do it are left alone: nothing more can be done there.</summary>
    public static void Flush(string folder)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var descriptor = Open(folder, ReadOnlyDirectory);
        if (descriptor < 0)
            return;
        _ = Fsync(descriptor);
        _ = Close(descriptor);
    }

    /// <summary>Flushes every file of a folder and the folder itself, all folders in it included.</summary>
    public static void FlushTree(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
            RandomAccess.FlushToDisk(handle);
        }
        foreach (var inner in Directory.EnumerateDirectories(folder))
            FlushTree(inner);
        Flush(folder);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
