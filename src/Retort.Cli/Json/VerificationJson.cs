using Retort.Training.Verification;

namespace Retort.Cli.Json;

/// <summary>The cases of a verification, and how each ended.</summary>
internal static class VerificationJson
{
    public static object Of(VerificationReport report) => new
    {
        report.Verdict,
        Passed = report.Count(Verdict.Passed), Failed = report.Count(Verdict.Failed),
        Unknown = report.Count(Verdict.Unknown), Unreadable = report.Count(Verdict.Unreadable),
        Cases = report.Results.Select(Case),
    };

    private static object Case(CaseResult result) => new
    {
        result.Name, result.Kind, result.What, result.Verdict, result.Faults, Checks = result.Checks.Select(Check),
    };

    // Figures of a check that could not be made would be zeros.
    private static object Check(Check check) => new
    {
        check.Name, check.Passed,
        Ours = Figure(check, check.Ours), Reference = Figure(check, check.Reference),
        Error = Figure(check, check.Error), Allowed = Figure(check, check.Allowed),
    };

    private static double? Figure(Check check, double value) => check.Fault is null ? value : null;
}
