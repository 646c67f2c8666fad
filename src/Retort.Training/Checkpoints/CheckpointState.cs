using Retort.Training.Stages;

namespace Retort.Training.Checkpoints;

/// <summary>Contents of a checkpoint's <c>state.json</c>.</summary>
public sealed class CheckpointState
{
    /// <summary>Format of the folder; another one is refused.</summary>
    public int Version { get; set; } = Current;

    /// <summary>Name of the stage that was training.</summary>
    public required string Stage { get; set; }

    /// <summary>Where it stood.</summary>
    public required StageProgress Progress { get; set; }

    /// <summary>SHA-256 of the files beside it, by name; without them (an older Retort's) damage is seen only where a file cannot be read.</summary>
    public IReadOnlyDictionary<string, string> Files { get; set; } = new Dictionary<string, string>();

    /// <summary>The format that is written now.</summary>
    internal const int Current = 1;
}
