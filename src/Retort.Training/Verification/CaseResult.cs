namespace Retort.Training.Verification;

/// <summary>A golden case and what came of it.</summary>
public sealed record CaseResult
{
    /// <summary>The file, without its ending, from the folder that was named.</summary>
    public required string Name { get; init; }

    /// <summary>"loss", "model", "train", or what else the file calls itself; empty where it cannot be read.</summary>
    public string Kind { get; init; } = "";

    /// <summary>The method or model, in words.</summary>
    public string What { get; init; } = "";

    /// <summary>How it ended.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Every comparison, the main figure first; empty where none was made.</summary>
    public IReadOnlyList<Check> Checks { get; init; } = [];

    /// <summary>What this version does not have, as <c>method "nst"</c>; null unless the verdict is unknown.</summary>
    public string? Missing { get; init; }

    /// <summary>Why there are no comparisons, in a sentence; null where there are.</summary>
    public string? Message { get; init; }

    /// <summary>The main figure: the loss, the logits; null where none was compared.</summary>
    public Check? Figure => Checks.Count > 0 ? Checks[0] : null;

    /// <summary>The comparison that comes nearest to its limit, or goes furthest beyond it.</summary>
    public Check? Worst => Checks.MaxBy(check => check.Severity);

    /// <summary>"pass", "FAIL", <c>unknown: method "nst"</c> or "unreadable".</summary>
    public string Summary => Verdict switch
    {
        Verdict.Passed => "pass",
        Verdict.Failed => "FAIL",
        Verdict.Unknown => $"unknown: {Missing}",
        _ => "unreadable",
    };

    /// <summary>What to read about a case that did not pass: its message, or the comparisons that failed.</summary>
    public IReadOnlyList<string> Faults => Message is not null
        ? [Message]
        : [.. Checks.Where(check => !check.Passed).OrderByDescending(check => check.Severity).Select(check => check.ToString())];
}
