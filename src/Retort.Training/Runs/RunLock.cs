using System.Text;

namespace Retort.Training.Runs;

/// <summary>
/// The exclusive right to write a run's folder, held as an advisory lock of the operating system on a file in it. The system takes
/// it back when the process dies, however it dies; the text in the file (who holds it) is for people and for the message only. The
/// file is never deleted: a second process could otherwise hold a lock on a file that no longer has a name.
/// </summary>
internal sealed class RunLock : IDisposable
{
    public const string FileName = ".lock";

    private readonly FileStream _file;

    private RunLock(FileStream file, bool wasAbandoned)
    {
        _file = file;
        WasAbandoned = wasAbandoned;
    }

    /// <summary>The last holder died without giving the lock back.</summary>
    public bool WasAbandoned { get; }

    public static RunLock Take(string folder, TimeProvider time)
    {
        var path = Path.Combine(folder, FileName);
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken) when (!DiskSpace.IsFull(taken) && File.Exists(path) && Holder(path) is { } holder)
        {
            throw new RunFolderException(folder, $"Another run is writing '{folder}'{holder}: wait for it, stop it, or choose another folder with --out.", taken);
        }
        try
        {
            var abandoned = file.Length > 0;
            file.SetLength(0);
            file.Write(Encoding.UTF8.GetBytes(
                $"process {Environment.ProcessId} on {Environment.MachineName} since {time.GetUtcNow():yyyy-MM-dd HH:mm} UTC"));
            file.Flush(flushToDisk: true);
            return new RunLock(file, abandoned);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_file.SafeFileHandle.IsClosed)
            return;
        _file.SetLength(0);
        _file.Dispose();
    }

    // Null when the file cannot be read either: then it is not the lock that is in the way.
    private static string? Holder(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(file);
            var buffer = new char[200];
            var text = new string(buffer, 0, reader.Read(buffer)).Trim();
            return text.Length == 0 ? "" : $" ({text})";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
