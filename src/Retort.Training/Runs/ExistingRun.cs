namespace Retort.Training.Runs;

/// <summary>What to do when a run's folder already holds a run.</summary>
public enum ExistingRun
{
    /// <summary>Refuse it.</summary>
    Refuse,

    /// <summary>Go on with it; begin when there is none.</summary>
    Resume,

    /// <summary>Delete it, and begin.</summary>
    Overwrite,
}
