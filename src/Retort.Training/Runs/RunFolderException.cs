namespace Retort.Training.Runs;

/// <summary>A run's folder cannot be used: another run is in it, it holds something else, or it cannot be written.</summary>
public sealed class RunFolderException : RetortException
{
    internal RunFolderException(string folder, string message, Exception? cause = null) : base(message, cause) => Folder = folder;

    /// <inheritdoc/>
    public override bool WrongUse => true;

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Whether another process is writing the folder, which may pass.</summary>
    public bool IsInUse { get; init; }
}
