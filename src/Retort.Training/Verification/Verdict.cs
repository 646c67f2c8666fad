namespace Retort.Training.Verification;

/// <summary>How a golden case ended.</summary>
public enum Verdict
{
    /// <summary>Every figure lies within the case's tolerance.</summary>
    Passed,

    /// <summary>A figure does not, or it could not be computed.</summary>
    Failed,

    /// <summary>The case names a method, model, option or something else that this version does not have.</summary>
    Unknown,

    /// <summary>The file cannot be read, or is no golden case.</summary>
    Unreadable,
}
