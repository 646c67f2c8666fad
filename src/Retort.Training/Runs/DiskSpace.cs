namespace Retort.Training.Runs;

/// <summary>Free space of the disk behind a path, and how a lack of it is said.</summary>
internal static class DiskSpace
{
    private const int NoSpaceLeft = 28;
    private const int QuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Bytes that may still be written below a folder; null where the system does not tell.</summary>
    public static long? Free(string folder)
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    // Where .NET reserves a file's space beforehand (File.WriteAllText), its exception has no error number, only that text.
    /// <summary>Whether writing failed because the disk, or the user's share of it, is full.</summary>
    public static bool IsFull(IOException failure) =>
        failure.HResult is NoSpaceLeft or QuotaExceeded or WindowsDiskFull
        || failure.Message.EndsWith("because the disk was full.", StringComparison.Ordinal);

    /// <summary>A size as one reads it, as "64 MiB".</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1 << 10 => $"{bytes} bytes",
        < 1 << 20 => $"{bytes / 1024.0:0.#} KiB",
        < 1 << 30 => $"{bytes / (1024.0 * 1024):0.#} MiB",
        _ => $"{bytes / (1024.0 * 1024 * 1024):0.#} GiB",
    };
}
