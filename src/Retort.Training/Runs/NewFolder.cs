namespace Retort.Training.Runs;

/// <summary>Makes a folder as a whole, where there was none or an empty one: whenever the process dies, it is not there, or complete.</summary>
internal static class NewFolder
{
    /// <summary>Refuses a place where something is.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="remedy">Ends the message: "choose another folder with --to".</param>
    /// <exception cref="RetortException">It is a file, or a folder that is not empty or cannot be read.</exception>
    public static void RequireFree(string path, string remedy)
    {
        try
        {
            if (File.Exists(path))
                throw new RetortException($"'{path}' is a file: {remedy}.") { WrongUse = true };
            if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
                throw new RetortException($"'{path}' is not empty: {remedy}.") { WrongUse = true };
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RetortException($"'{path}' cannot be read ({failure.Message.TrimEnd('.')}): {remedy}.", failure);
        }
    }

    /// <summary>Writes the folder: beside its place under a name that nobody has, flushed to the disk, then renamed.</summary>
    /// <param name="path">The folder; those above it are made where they are missing.</param>
    /// <param name="write">Writes into the folder whose path it is given. When it throws, nothing stays.</param>
    /// <exception cref="DiskFullException">The disk is full.</exception>
    /// <exception cref="RetortException">There is something in its place, or it cannot be written.</exception>
    public static void Write(string path, Action<string> write)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string parent = Path.GetDirectoryName(path) ?? path;
        string draft = Path.Combine(parent, $".{Path.GetFileName(path)}.{Path.GetRandomFileName()}");
        try
        {
            Directory.CreateDirectory(draft);
            write(draft);
            DirectorySync.FlushTree(draft);
            if (Directory.Exists(path))
                Directory.Delete(path); // refuses one that is not empty
            Directory.Move(draft, path);
            DirectorySync.Flush(parent);
        }
        catch (Exception failure)
        {
            Remove(draft);
            WriteFailure.Explain(failure, path, "check that the folder above it may be written");
            throw;
        }
    }

    private static void Remove(string draft)
    {
        try
        {
            if (Directory.Exists(draft))
                Directory.Delete(draft, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The failure that brought us here is the one to tell.
        }
    }
}
