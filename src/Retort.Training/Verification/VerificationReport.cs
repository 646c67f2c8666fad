namespace Retort.Training.Verification;

/// <summary>The results of a verification.</summary>
/// <param name="Results">One per case, in the order in which they ran; never empty.</param>
public sealed record VerificationReport(IReadOnlyList<CaseResult> Results)
{
    /// <summary>How many cases ended so.</summary>
    public int Count(Verdict verdict) => Results.Count(result => result.Verdict == verdict);

    /// <summary>The verdict on all: failed if any case failed, else unreadable or unknown if any was, else passed.</summary>
    public Verdict Verdict =>
        Results.Count == 0 ? Verdict.Unreadable
        : Count(Verdict.Failed) > 0 ? Verdict.Failed
        : Count(Verdict.Unreadable) > 0 ? Verdict.Unreadable
        : Count(Verdict.Unknown) > 0 ? Verdict.Unknown
        : Verdict.Passed;

    /// <summary>"5 passed, 1 failed, 2 unknown" of what there is.</summary>
    public override string ToString() => string.Join(", ", ((IEnumerable<(Verdict Verdict, string Word)>)
        [(Verdict.Passed, "passed"), (Verdict.Failed, "failed"), (Verdict.Unknown, "unknown"), (Verdict.Unreadable, "unreadable")])
        .Where(part => part.Verdict == Verdict.Passed || Count(part.Verdict) > 0)
        .Select(part => $"{Count(part.Verdict)} {part.Word}"));
}
