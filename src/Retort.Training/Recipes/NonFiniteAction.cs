namespace Retort.Training.Recipes;

/// <summary>What to do when training gives numbers that are none.</summary>
public enum NonFiniteAction
{
    /// <summary>Stop, with the last good checkpoint kept.</summary>
    Stop,

    /// <summary>Go back to the last good checkpoint, and on with a lower learning rate.</summary>
    Rollback,
}
