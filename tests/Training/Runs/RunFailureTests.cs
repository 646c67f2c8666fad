using Retort.Training.Runs;

namespace Retort.Tests.Training.Runs;

public sealed class RunFailureTests : InTemporaryFolder
{
    [Fact]
    public void A_failure_stands_in_the_folder_until_the_run_begins_again()
    {
        Assert.Null(RunFailure.Read(In("run")));
        Assert.True(RunFailure.Note(In("run"), "the disk is full."));
        Assert.Equal("the disk is full.", RunFailure.Read(In("run"))!.Reason);
        using (RunFolder.Open(In("run"), ExistingRun.Refuse))
            Assert.Null(RunFailure.Read(In("run")));
    }

    [Fact]
    public void It_is_not_noted_where_another_process_goes_on_with_the_run()
    {
        using (RunFolder.Open(In("run"), ExistingRun.Resume))
            Assert.False(RunFailure.Note(In("run"), "too late."));
        Assert.Null(RunFailure.Read(In("run")));
    }

    [Fact]
    public void Whether_a_folder_is_held_can_be_seen_without_taking_it()
    {
        Assert.False(RunFolder.IsHeld(In("run")));
        using (RunFolder.Open(In("run"), ExistingRun.Resume))
        {
            Directory.CreateDirectory(In("run", "checkpoints", "last"));
            Assert.True(RunFolder.IsHeld(In("run")));
            File.Copy(In("run", ".holder"), In("holder"));
        }

        File.Copy(In("holder"), In("run", ".holder")); // as one that was killed leaves it
        Assert.False(RunFolder.IsHeld(In("run")));
        using RunFolder next = RunFolder.Open(In("run"), ExistingRun.Resume);
        Assert.True(next.WasKilled);
    }
}
