namespace Retort.Training.Progress;

/// <summary>Tells nobody.</summary>
internal sealed class SilentObserver : ITrainingObserver
{
    public static SilentObserver Instance { get; } = new();
}
