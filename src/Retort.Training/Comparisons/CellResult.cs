using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Training.Runs;

namespace Retort.Training.Comparisons;

/// <summary>What a finished cell reached.</summary>
/// <param name="Accuracy">The student's top-1 on the test images after the last epoch, 0..1.</param>
/// <param name="BestAccuracy">The best epoch's top-1 on the same images, 0..1.</param>
/// <param name="IsBestByDev">Whether that epoch was chosen on images held out for it; if not, it was chosen by what it measures.</param>
/// <param name="SecondsPerEpoch">Wall time of an epoch's training, mean over the epochs; evaluation is not counted.</param>
/// <param name="ImagesPerSecond">Training images a second over all epochs.</param>
/// <param name="Threads">Threads it computed with; another number may change the last digits.</param>
/// <param name="Curve">Top-1 on the test images by epoch; epochs that were not evaluated are left out.</param>
public sealed record CellResult(
    double Accuracy, double BestAccuracy, bool IsBestByDev, double SecondsPerEpoch, double ImagesPerSecond, int Threads,
    IReadOnlyList<KeyValuePair<int, double>> Curve)
{
    /// <summary>Its teacher's top-1 on the same images, 0..1, measured before the student trained; null where it had none.</summary>
    public double? TeacherAccuracy { get; init; }

    /// <summary>Reads it from a finished run's folder.</summary>
    /// <param name="folder">The run's.</param>
    /// <param name="variants">Options of your own that its recipe may have.</param>
    /// <exception cref="RetortException">The folder's files are damaged.</exception>
    public static CellResult Read(string folder, IReadOnlyList<Type>? variants = null)
    {
        EpochResult[] epochs = [.. StudentEpochs(folder)];
        EpochResult[] measured = [.. epochs.Where(e => e.TestAccuracy is not null)];
        EpochResult best = measured.MaxBy(e => e.DevAccuracy ?? e.TestAccuracy)
            ?? throw new RetortException($"'{folder}' holds a finished run without its figures: delete the folder to train it anew.");
        double seconds = epochs.Sum(e => e.Seconds);
        Recipe recipe = Recipe.Load(Path.Combine(folder, RunFolder.RecipeName), variants: variants);
        return new CellResult(
            measured[^1].TestAccuracy!.Value, best.TestAccuracy!.Value, best.DevAccuracy is not null, seconds / epochs.Length, epochs.Sum(e => e.ImagesPerSecond * e.Seconds) / seconds,
            recipe.Train.Threads, [.. measured.Select(e => KeyValuePair.Create(e.Epoch, e.TestAccuracy!.Value))])
        {
            TeacherAccuracy = TeacherRecord.Read(Path.Combine(folder, RunFolder.TeacherName))?.TestTop1,
        };
    }

    /// <summary>The epochs that a cell's student has made so far.</summary>
    internal static IEnumerable<EpochResult> StudentEpochs(string folder) =>
        MetricsLog.Read(Path.Combine(folder, RunFolder.MetricsName)).Where(e => e.Stage == Run.StudentStage);
}
