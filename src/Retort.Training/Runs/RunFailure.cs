namespace Retort.Training.Runs;

/// <summary>
/// Why a run failed, noted in its folder for the other processes of a comparison. The next one that takes the folder for the run removes it.
/// </summary>
/// <param name="Reason">For people.</param>
/// <param name="At">When it was noted, by the clock of the folder's disk; tells a failure from the one before.</param>
internal sealed record RunFailure(string Reason, DateTime At)
{
    public const string FileName = "failed.txt";

    /// <summary>Null where none is noted.</summary>
    public static RunFailure? Read(string folder)
    {
        string file = Path.Combine(folder, FileName);
        try
        {
            return File.Exists(file) ? new RunFailure(File.ReadAllText(file).Trim(), File.GetLastWriteTimeUtc(file)) : null;
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return null; // the run has just begun anew
        }
    }

    /// <summary>Notes a failure, unless another process goes on with the run already.</summary>
    /// <returns>False where one does.</returns>
    public static bool Note(string folder, string reason)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return RunLock.WhileFree(folder, () => AtomicFile.WriteText(Path.Combine(folder, FileName), reason + '\n'));
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException or RetortException)
        {
            return true; // who can write nothing there has failed with that, and tells it; the others then try themselves
        }
    }
}
