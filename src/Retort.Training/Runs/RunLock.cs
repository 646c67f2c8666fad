namespace Retort.Training.Runs;

/// <summary>
/// The exclusive right to write a run's folder, held as an advisory lock of the operating system on a file in it. The system takes
/// it back when the process dies, however it dies. Who holds it stands in a second file, since .NET opens no locked file even to
/// read it; that text is for people only, and when it is found without a lock its writer was killed. The lock file is never deleted:
/// a second process could otherwise hold a lock on a file that no longer has a name.
/// </summary>
internal sealed class RunLock : IDisposable
{
    public const string FileName = ".lock";
    public const string HolderName = ".holder";

    private const int WouldBlock = 11;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);

    // Who only looks whether it is taken has it for an instant.
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _file;
    private readonly string _holder;

    private RunLock(FileStream file, string holder, bool wasAbandoned)
    {
        _file = file;
        _holder = holder;
        WasAbandoned = wasAbandoned;
    }

    /// <summary>The last holder died without giving the lock back.</summary>
    public bool WasAbandoned { get; }

    /// <summary>Whether a file is the lock's, half written or whole.</summary>
    public static bool Owns(string name) =>
        name.StartsWith(FileName, StringComparison.Ordinal) || name.StartsWith(HolderName, StringComparison.Ordinal);

    public static RunLock Take(string folder, TimeProvider time)
    {
        var holder = Path.Combine(folder, HolderName);
        FileStream? file = null;
        if (!SpinWait.SpinUntil(() => (file = TryOpen(folder)) is not null, Instant))
        {
            throw new RunFolderException(
                folder, $"Another run is writing '{folder}'{Shown(holder)}: wait for it, stop it, or choose another folder with --out.") { IsInUse = true };
        }

        try
        {
            var abandoned = File.Exists(holder);
            AtomicFile.WriteText(
                holder, $"process {Environment.ProcessId} on {Environment.MachineName} since {time.GetUtcNow():yyyy-MM-dd HH:mm} UTC");
            return new RunLock(file!, holder, abandoned);
        }
        catch
        {
            file!.Dispose();
            throw;
        }
    }

    /// <summary>Whether somebody, also of this process, writes a folder now.</summary>
    /// <param name="folder">The folder, which need not exist.</param>
    public static bool IsTaken(string folder)
    {
        try
        {
            return File.Exists(Path.Combine(folder, FileName)) && !WhileFree(folder, static () => { });
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException)
        {
            return false; // who takes it hears why that cannot be
        }
    }

    /// <summary>Does something to a folder that nobody writes, and keeps everybody out meanwhile; it must be short.</summary>
    /// <returns>False, with nothing done, where somebody writes it.</returns>
    public static bool WhileFree(string folder, Action act)
    {
        using FileStream? free = TryOpen(folder);
        if (free is null)
            return false;
        act();
        return true;
    }

    public void Dispose()
    {
        if (_file.SafeFileHandle.IsClosed)
            return;
        try
        {
            File.Delete(_holder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The run is over; the next one then only believes that this one was killed.
        }
        _file.Dispose();
    }

    private static FileStream? TryOpen(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken) when (taken.HResult is WouldBlock or WindowsSharingViolation)
        {
            return null;
        }
    }

    private static string Shown(string holder)
    {
        try
        {
            return $" ({File.ReadAllText(holder).Trim()})";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
