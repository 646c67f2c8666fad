namespace Retort.Training.Runs;

/// <summary>
/// Replaces a folder of files (a checkpoint) as a whole. No file system renames one full folder over another, so there are two
/// renames, and a moment between them when NAME is missing. The states that a kill can leave, and what <see cref="Recover"/> makes
/// of them:
/// <list type="table">
/// <item><term>NAME, NAME.tmp</term><description>killed while writing: NAME is good, NAME.tmp is partial and goes</description></item>
/// <item><term>NAME.tmp only</term><description>killed while writing the first one: there is none, NAME.tmp goes</description></item>
/// <item><term>NAME.old, NAME.tmp</term><description>killed between the renames: NAME.tmp is whole, as NAME is moved away only after
/// NAME.tmp was flushed; it becomes NAME</description></item>
/// <item><term>NAME, NAME.old</term><description>killed before the old one was put away: NAME is good, NAME.old goes</description></item>
/// <item><term>NAME.old only</term><description>a hand was in it: NAME.old becomes NAME again</description></item>
/// </list>
/// </summary>
public static class AtomicFolder
{
    /// <summary>Writes the folder anew: into NAME.tmp, flushed to the disk, then swapped with NAME.</summary>
    /// <param name="path">The folder NAME; the one above it is made where it is missing.</param>
    /// <param name="write">Writes the files into the folder whose path it is given. When it throws, NAME stays as it was.</param>
    /// <param name="retire">Puts away what stood at NAME before, whose path it is given; null deletes it.</param>
    /// <exception cref="DiskFullException">The disk is full.</exception>
    public static void Write(string path, Action<string> write, Action<string>? retire = null)
    {
        path = Path.TrimEndingDirectorySeparator(path);
        var (next, old) = Names(path);
        try
        {
            var parent = Path.GetDirectoryName(Path.GetFullPath(path))!;
            Directory.CreateDirectory(parent);
            Recover(path, retire);
            Directory.CreateDirectory(next);
            write(next);
            DirectorySync.FlushTree(next);
            DirectorySync.Flush(parent);
            if (Directory.Exists(path))
            {
                Directory.Move(path, old);
                DirectorySync.Flush(parent);
            }
            Directory.Move(next, path);
            DirectorySync.Flush(parent);
            Retire(old, retire);
        }
        catch (Exception failure)
        {
            TryRecover(path, retire);
            WriteFailure.Explain(failure, path, "check that its folder may be written");
            throw;
        }
    }

    /// <summary>Brings a folder into order after a kill, by the rule above. Only who holds the run's lock may call it.</summary>
    /// <param name="path">The folder NAME.</param>
    /// <param name="retire">Puts away NAME.old where NAME has taken its place; null deletes it.</param>
    /// <returns>Whether NAME exists now, whole.</returns>
    public static bool Recover(string path, Action<string>? retire = null)
    {
        path = Path.TrimEndingDirectorySeparator(path);
        var (next, old) = Names(path);
        if (!Directory.Exists(path) && Find(path) is { } whole)
            Directory.Move(whole, path);
        Remove(next);
        if (Directory.Exists(path))
            Retire(old, retire);
        return Directory.Exists(path);
    }

    /// <summary>Where the whole folder is to be read from, without changing anything: NAME, or what a kill left of a swap.</summary>
    /// <param name="path">The folder NAME.</param>
    /// <returns>Its path; null when there is none.</returns>
    public static string? Find(string path)
    {
        path = Path.TrimEndingDirectorySeparator(path);
        var (next, old) = Names(path);
        if (Directory.Exists(path))
            return path;
        if (!Directory.Exists(old))
            return null;
        return Directory.Exists(next) ? next : old;
    }

    /// <summary>Removes a folder, and what a kill left beside it. A kill meanwhile leaves the whole folder, or what counts as none.</summary>
    /// <param name="path">The folder NAME, which need not exist.</param>
    public static void Delete(string path)
    {
        path = Path.TrimEndingDirectorySeparator(path);
        var (next, old) = Names(path);
        Remove(old);
        Remove(next);
        if (Directory.Exists(path))
            Directory.Move(path, next); // half of it would pass for a folder
        Remove(next);
    }

    private static void Retire(string old, Action<string>? retire)
    {
        if (Directory.Exists(old))
            (retire ?? Remove)(old);
    }

    private static (string Next, string Old) Names(string path) => (path + ".tmp", path + ".old");

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    private static void TryRecover(string path, Action<string>? retire)
    {
        try
        {
            Recover(path, retire);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The failure that brought us here is the one to tell; the next write or read tries again.
        }
    }
}
