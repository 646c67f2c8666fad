using Retort.Tests.Support;
using Retort.Tests.Training.Support;
using Retort.Training.Comparisons;
using Retort.Training.Progress;
using Retort.Training.Runs;

namespace Retort.Tests.Training.Comparisons;

public sealed class CellResultTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, 0.8)] // the best on the test images themselves
    [InlineData(true, 0.6)] // what the best on the held-out images gives on the test images
    public void The_best_epoch_is_chosen_on_held_out_images_where_there_are_any(bool hasDev, double best)
    {
        File.WriteAllText(Path.Combine(_folder.Path, "recipe.yaml"), TinyRun.Alone.ToYaml());
        using (MetricsLog log = MetricsLog.Open(Path.Combine(_folder.Path, "metrics.jsonl")))
        {
            (double Test, double Dev)[] epochs = [(0.8, 0.5), (0.6, 0.9), (0.7, 0.7)];
            for (int i = 0; i < epochs.Length; i++)
            {
                log.Append(new EpochResult("student", i + 1, 0.1, 1, new Dictionary<string, double> { ["ce"] = 1 }, 0.5, epochs[i].Test, 100, 2)
                {
                    DevAccuracy = hasDev ? epochs[i].Dev : null,
                });
            }
        }

        CellResult result = CellResult.Read(_folder.Path);

        Assert.Equal((0.7, best, hasDev), (result.Accuracy, result.BestAccuracy, result.IsBestByDev));
    }
}
