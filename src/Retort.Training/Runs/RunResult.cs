using Retort.Training.Reports;

namespace Retort.Training.Runs;

/// <summary>What a run gave.</summary>
/// <param name="Networks">The networks in the order teacher, plain student, student; only those that there were.</param>
/// <param name="StudentFile">The student's final weights.</param>
/// <param name="ReportFile">The report.</param>
public sealed record RunResult(IReadOnlyList<NetworkSummary> Networks, string StudentFile, string ReportFile)
{
    /// <summary>The network that was trained last: the distilled student.</summary>
    public NetworkSummary Student => Networks[^1];
}
