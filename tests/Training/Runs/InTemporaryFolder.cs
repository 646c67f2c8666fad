using Retort.Tests.Support;

namespace Retort.Tests.Training.Runs;

/// <summary>A folder of the test's own, gone afterwards.</summary>
public abstract class InTemporaryFolder : IDisposable
{
    protected string Folder { get; } = Directory.CreateTempSubdirectory("retort-runs-").FullName;

    protected string In(params string[] parts) => Path.Combine([Folder, .. parts]);

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>A small disk, of 256 KiB where nothing else is said, mounted for the test.</summary>
public sealed class SmallDisk : IDisposable
{
    public SmallDisk(string folder, string options = "size=256k")
    {
        Path = folder;
        Directory.CreateDirectory(folder);
        if (InstalledProgram.Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder) != 0)
            throw new InvalidOperationException("The small disk could not be mounted.");
    }

    public string Path { get; }

    public static string? WhyImpossible { get; } = FindWhyImpossible();

    public void Dispose() => InstalledProgram.Run("umount", Path);

    private static string? FindWhyImpossible()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            return "needs root on Linux, to mount a small disk";
        var folder = Directory.CreateTempSubdirectory("retort-mount-").FullName;
        try
        {
            new SmallDisk(folder).Dispose();
            return null;
        }
        catch (InvalidOperationException)
        {
            return "needs the right to mount a small disk";
        }
        finally
        {
            Directory.Delete(folder);
        }
    }
}

/// <summary>A test that needs to mount a disk; it says so when it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsSmallDiskFactAttribute : FactAttribute
{
    public NeedsSmallDiskFactAttribute() => Skip = SmallDisk.WhyImpossible;
}
