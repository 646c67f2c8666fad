using Retort.Tests.Training.Support;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Training.Runs;

namespace Retort.Tests.Training.Runs;

public sealed class DevSplitTests : InTemporaryFolder
{
    private static readonly Recipe Split = TinyRun.Alone with
    {
        Data = TinyRun.Data with { DevSplit = 0.25 }, Train = TinyRun.Train with { Epochs = 3 },
    };

    [Fact]
    public void The_best_epoch_is_chosen_on_held_out_images_and_told_by_its_accuracy_on_the_test_images()
    {
        var observer = new RecordingObserver();
        RunResult result = TinyRun.Do(Split, In("run"), observer);

        Assert.Contains("Of the training images 10 are held out to choose the best epoch on; 30 are trained on.", observer.Notices);
        Assert.Equal(4, observer.Stages.Single().StepsPerEpoch);
        EpochResult best = observer.Epochs.MaxBy(e => e.DevAccuracy!.Value)!;
        Assert.Equal((best.TestAccuracy, best.DevAccuracy), (result.Student.BestAccuracy, result.Student.BestDevAccuracy));
        Assert.Equal(observer.Epochs[^1].TestAccuracy, result.Student.Accuracy);
        Assert.Equal(observer.Epochs.Select(e => e.DevAccuracy), MetricsLog.Read(In("run", "metrics.jsonl")).Select(e => e.DevAccuracy));
        Assert.Contains("Best by dev", File.ReadAllText(result.ReportFile));
    }

    [Fact]
    public void A_run_that_is_resumed_chooses_the_same_epoch()
    {
        RunResult whole = TinyRun.Do(Split, In("whole"));
        TinyRun.DoCancelled(Split, In("run"), cancel => new RecordingObserver { OnEpoch = epoch => CancelAfter(2, epoch, cancel) });
        RunResult resumed = TinyRun.Do(Split, In("run"));

        TinyRun.AssertSame(In("whole"), In("run"));
        Assert.Equal((whole.Student.BestAccuracy, whole.Student.BestDevAccuracy), (resumed.Student.BestAccuracy, resumed.Student.BestDevAccuracy));
    }

    [Fact]
    public void Without_it_the_report_says_that_the_test_images_chose()
    {
        RunResult result = TinyRun.Do(TinyRun.Alone, In("run"));
        Assert.Null(result.Student.BestDevAccuracy);
        Assert.DoesNotContain("by dev", File.ReadAllText(result.ReportFile));
    }

    private static void CancelAfter(int last, EpochResult epoch, CancellationTokenSource cancel)
    {
        if (epoch.Epoch == last)
            cancel.Cancel();
    }
}
