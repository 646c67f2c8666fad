using Retort.Tests.Training.Support;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Training.Runs;

namespace Retort.Tests.Training.Runs;

/// <summary>A disk that fails under a run: a clear error, and a run that goes on as if nothing had been when the disk is well again.</summary>
public sealed class FailingDiskTests : InTemporaryFolder
{
    private static readonly Recipe Recipe = TinyRun.Alone with { Train = TinyRun.Train with { Epochs = 4, KeepLast = 2 } };

    [NeedsSmallDiskFact]
    public void A_disk_that_is_full_for_a_while()
    {
        using var disk = new SmallDisk(In("disk"), "size=8m");
        string run = In("disk", "run"), filler = In("disk", "filler");
        DiskFullException fault = Assert.Throws<DiskFullException>(() => Do(run, () => Fill(filler)));
        Assert.Contains($"'{Path.Combine(run, "checkpoints")}", fault.Message);
        Assert.Contains("cannot be written, the disk is full (", fault.Message);

        Assert.Throws<DiskFullException>(() => Do(run, () => { })); // still full: nothing is lost by trying
        File.Delete(filler);
        AssertGoesOn(run);
    }

    [NeedsSmallDiskFact]
    public void A_folder_that_is_read_only_for_a_while()
    {
        string run = In("run");
        SmallDisk? cover = null;
        try
        {
            RetortException fault = Assert.Throws<RetortException>(() => Do(run, () => cover = new SmallDisk(Path.Combine(run, "checkpoints"), "ro")));
            Assert.Matches($@"^'{run}/checkpoints/[a-z]+' cannot be written \(.+\): check that its folder may be written\.$", fault.Message);
        }
        finally
        {
            cover?.Dispose();
        }

        AssertGoesOn(run);
    }

    [Fact]
    public void A_run_whose_folder_is_taken_away_makes_no_other_in_its_place()
    {
        string run = In("run");
        RetortException fault = Assert.Throws<RetortException>(() => Do(run, () => Directory.Move(run, In("away"))));
        Assert.Equal(
            $"The run's folder '{run}' was removed or moved while the run was writing it, so nothing more can be saved there: put it back and say --resume, or begin anew.",
            fault.Message);
        Assert.False(Directory.Exists(run));

        Directory.Move(In("away"), run);
        AssertGoesOn(run);
    }

    [Fact]
    public void Figures_that_are_taken_away_are_missed_at_the_next_epoch()
    {
        string metrics = In("run", "metrics.jsonl");
        RetortException fault = Assert.Throws<RetortException>(() => Do(In("run"), () => File.Move(metrics, In("away"))));
        Assert.Equal($"'{metrics}' was removed while the run was writing it: put it back and say --resume, or begin anew with --overwrite.", fault.Message);

        File.Move(In("away"), metrics);
        AssertGoesOn(In("run"));
    }

    [Fact]
    public void A_checkpoint_that_is_taken_away_is_written_again()
    {
        Do(In("run"), () => Directory.Delete(In("run", "checkpoints", "last"), recursive: true));
        AssertGoesOn(In("run"));
    }

    // Something happens after the second of four epochs, before it is saved.
    private static void Do(string run, Action happen)
    {
        using RunFolder folder = RunFolder.Open(run, ExistingRun.Resume, TimeProvider.System, neededBytes: 0);
        using var training = new Run(Recipe, folder, new RecordingObserver { OnEpoch = epoch => HappenAfter(epoch, happen) });
        training.Train();
    }

    private static void HappenAfter(EpochResult epoch, Action happen)
    {
        if (epoch.Epoch == 2)
            happen();
    }

    private void AssertGoesOn(string run)
    {
        Do(run, () => { });
        TinyRun.Do(Recipe, In("whole"));
        TinyRun.AssertSame(In("whole"), run);
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
                file.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // Full.
        }
    }
}
