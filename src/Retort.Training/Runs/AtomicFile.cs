namespace Retort.Training.Runs;

/// <summary>Writes files so that a path always holds the whole old content or the whole new one, whenever the process dies.</summary>
public static class AtomicFile
{
    /// <summary>Ends the name under which a file is written.</summary>
    internal const string Beside = ".tmp";

    private const int BufferSize = 1 << 16;

    /// <summary>Writes a file beside its path, flushes it to the disk and renames it into place.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="write">Writes the content. When it throws, the old file stays and nothing is left beside it.</param>
    /// <exception cref="DiskFullException">The disk is full.</exception>
    /// <exception cref="RetortException">The file cannot be written for another reason.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var temporary = path + Beside;
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None, BufferSize))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
            DirectorySync.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception failure)
        {
            Remove(temporary);
            WriteFailure.Explain(failure, path, "check that its folder exists and may be written");
            throw;
        }
    }

    /// <summary>Writes a text as UTF-8.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="text">The content.</param>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The failure that brought us here is the one to tell; the next write replaces this file.
        }
    }
}
