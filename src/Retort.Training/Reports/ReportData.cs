using Retort.Training.DryRuns;
using Retort.Training.Progress;

namespace Retort.Training.Reports;

/// <summary>Everything that a run's report shows.</summary>
public sealed record ReportData
{
    /// <summary>The run's name.</summary>
    public required string Title { get; init; }

    /// <summary>One line under the title: what was distilled from what, on which data.</summary>
    public required string Subtitle { get; init; }

    /// <summary>The networks compared, in the order teacher, plain student, distilled student.</summary>
    public required IReadOnlyList<NetworkSummary> Networks { get; init; }

    /// <summary>Every epoch of every stage, in the order in which they ran.</summary>
    public required IReadOnlyList<EpochResult> Epochs { get; init; }

    /// <summary>What the losses of stages were made of before their first step: the teacher's where it has branches, the student's where it has a teacher.</summary>
    public IReadOnlyList<DryRunResult> DryRuns { get; init; } = [];

    /// <summary>What stages of methods have learned, as pictures.</summary>
    public IReadOnlyList<FeatureFigure> Features { get; init; } = [];

    /// <summary>Test images that a student got wrong.</summary>
    public IReadOnlyList<MistakeGallery> Mistakes { get; init; } = [];

    /// <summary>Class names; the index is the label.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>The resolved recipe as YAML; empty when there was none.</summary>
    public string Recipe { get; init; } = "";

    /// <summary>Machine, libtorch, threads, precision, seed, date: name and value, shown as they come.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];
}
