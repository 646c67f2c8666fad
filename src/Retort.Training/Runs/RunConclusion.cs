using System.Globalization;
using Retort.Training.DryRuns;
using Retort.Training.Recipes;
using Retort.Training.Reports;
using Retort.Training.Stages;

namespace Retort.Training.Runs;

/// <summary>The end of a run: the student's weights in their place, the report, and the folder marked as finished.</summary>
/// <param name="recipe">The run's.</param>
/// <param name="folder">The run's.</param>
/// <param name="context">The run's.</param>
/// <param name="time">Dates the report.</param>
internal sealed class RunConclusion(Recipe recipe, RunFolder folder, RunContext context, TimeProvider time)
{
    /// <summary>The weights that the student started from; null: random ones.</summary>
    public StudentStart? Start { get; init; }

    /// <summary>Writes what is left to write, in the first of several processes.</summary>
    /// <param name="networks">What the networks reached, the student last.</param>
    /// <param name="teacher">The teacher; null: there was none.</param>
    /// <param name="features">What methods' stages have learned, drawn.</param>
    public RunResult Write(IReadOnlyList<NetworkSummary> networks, RunTeacher? teacher, IReadOnlyList<FeatureFigure> features)
    {
        if (context.Replicas.IsFirst)
        {
            AtomicFile.Write(folder.StudentFile, stream =>
            {
                using FileStream weights = File.OpenRead(context.Checkpoints.NetworkFile(Run.StudentStage));
                weights.CopyTo(stream);
            });
            AtomicFile.Write(folder.ReportFile, stream => HtmlReport.Write(stream, Report(networks, teacher, features)));
            folder.Finish();
        }

        return new RunResult(networks, folder.StudentFile, folder.ReportFile);
    }

    private ReportData Report(IReadOnlyList<NetworkSummary> networks, RunTeacher? teacher, IReadOnlyList<FeatureFigure> features) => new()
    {
        Title = recipe.Name,
        Subtitle = recipe.Teacher is { } options
            ? $"{options.Name} → {recipe.Student.Model} on {context.Data.Title}"
            : $"{recipe.Student.Model} on {context.Data.Title}",
        Networks = networks,
        Epochs = MetricsLog.Read(folder.MetricsFile),
        Classes = context.Data.Train.Classes,
        Features = features,
        Mistakes = MistakePicker.Pick(context.Data.Test, networks),
        DryRuns = [.. ((string[])[RunTeacher.StageName, Run.StudentStage]).Select(stage => DryRunFile.Read(folder.DryRunFile(stage))).OfType<DryRunResult>()],
        Recipe = recipe.ToYaml(),
        Environment =
        [
            .. RunEnvironment.Describe(context.Compute, recipe.Train.Seed, time.GetLocalNow()),
            .. context.Replicas.Share.Count > 1
                ? (KeyValuePair<string, string>[])[new("Processes", context.Replicas.Share.Count.ToString(CultureInfo.InvariantCulture))]
                : [],
            new("Checkpoints", string.Join(", ", context.Checkpoints.Kept().Select(Shown))),
            .. teacher?.Record is { } record ? (KeyValuePair<string, string>[])[new("Teacher", record.ToString())] : [],
            .. Start is not null ? (KeyValuePair<string, string>[])[new("Student's start", Start.ToString())] : [],
            .. teacher?.Cache is { } cache ? (KeyValuePair<string, string>[])[new("Teacher's cache", TeacherCaching.Describe(cache))] : [],
        ],
    };

    // A newest checkpoint stands after its epoch, a best one in it.
    private static string Shown(KeyValuePair<string, StageProgress> checkpoint) =>
        $"{checkpoint.Key} ({(checkpoint.Key.StartsWith("last", StringComparison.Ordinal) ? checkpoint.Value.Place : $"epoch {checkpoint.Value.Epoch}, {Figures.Percent(checkpoint.Value.LastAccuracy)}")})";
}
