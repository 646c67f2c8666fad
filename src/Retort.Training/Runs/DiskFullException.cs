namespace Retort.Training.Runs;

/// <summary>The disk is full. What stood at the path before still stands there.</summary>
public sealed class DiskFullException : RetortException
{
    internal DiskFullException(string path, Exception? cause)
        : base($"'{path}' cannot be written, the disk is full ({Left(path)} left): free some space on it, or choose another folder.", cause) => Path = path;

    internal DiskFullException(string folder, long free, long needed)
        : base($"The disk of '{folder}' has {DiskSpace.Size(free)} left, but a run needs {DiskSpace.Size(needed)}: free some space on it, or choose another folder with --out.") => Path = folder;

    /// <summary>The file or folder that could not be written.</summary>
    public string Path { get; }

    private static string Left(string path) =>
        DiskSpace.Free(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!) is { } free ? DiskSpace.Size(free) : "nothing";
}
