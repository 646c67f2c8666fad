using Retort.Training.Stages;

namespace Retort.Tests.Training.Stages;

public sealed class StageProgressTests
{
    [Fact]
    public void Without_development_images_the_best_epoch_is_the_best_on_the_test_images()
    {
        StageProgress progress = Noted((0.5, null), (0.7, null), (0.7, null), (0.6, null));
        Assert.Equal((0.6, 0.7, null, 2), (progress.LastAccuracy, progress.BestAccuracy, progress.BestDevAccuracy, progress.BestEpoch));
    }

    [Fact]
    public void With_development_images_it_is_the_best_on_those_and_its_accuracy_is_that_on_the_test_images()
    {
        StageProgress progress = Noted((0.5, 0.4), (0.9, 0.3), (0.6, 0.8), (0.7, 0.8));
        Assert.Equal((0.7, 0.6, 0.8, 3), (progress.LastAccuracy, progress.BestAccuracy, progress.BestDevAccuracy, progress.BestEpoch));
        StageResult result = progress.Result();
        Assert.Equal((0.6, 0.8), (result.BestAccuracy, result.BestDevAccuracy));
    }

    private static StageProgress Noted(params (double Test, double? Dev)[] epochs)
    {
        var progress = new StageProgress();
        foreach (var (test, dev) in epochs)
        {
            progress.Note(test, dev);
            progress.NextEpoch();
        }

        return progress;
    }
}
