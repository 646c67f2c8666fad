using System.Diagnostics;
using Retort.Tests.Support;
using Retort.Training.Runs;

namespace Retort.Tests.Training.Runs;

public sealed class RunFolderTests : InTemporaryFolder
{
    private sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    }

    private string Run => In("runs", "kd");

    private RunFolder Open(ExistingRun existing = ExistingRun.Refuse) => RunFolder.Open(Run, existing, new Clock(), neededBytes: 1);

    private string Refusal(ExistingRun existing = ExistingRun.Refuse) => Assert.Throws<RunFolderException>(() => Open(existing).Dispose()).Message;

    private void Begin(bool finish)
    {
        using var run = Open();
        Directory.CreateDirectory(run.Checkpoint("last"));
        if (finish)
            run.Finish();
    }

    [Fact]
    public void A_new_folder_is_made()
    {
        using var run = Open();
        Assert.False(run.IsResumed || run.WasFinished || run.WasKilled);
        Assert.Equal(Path.Combine(Run, "checkpoints", "last"), run.Checkpoint("last"));
        Assert.Equal("begun 2026-01-02 03:04:05 UTC\n", File.ReadAllText(run.File("run.state")));
    }

    [Theory]
    [InlineData(ExistingRun.Refuse)]
    [InlineData(ExistingRun.Resume)]
    [InlineData(ExistingRun.Overwrite)]
    public void Two_runs_never_write_one_folder(ExistingRun existing)
    {
        using var first = Open();
        Assert.Equal(
            $"Another run is writing '{Run}' (process {Environment.ProcessId} on {Environment.MachineName} since 2026-01-02 03:04 UTC): "
            + "wait for it, stop it, or choose another folder with --out.",
            Refusal(existing));
    }

    [ProgramFact("flock")]
    public void A_run_of_another_process_is_seen_and_its_death_frees_the_folder()
    {
        Begin(finish: false);
        var lockFile = Path.Combine(Run, ".lock");
        var script = $"exec 9<>'{lockFile}'; flock -x 9; echo process 77 on elsewhere >'{Path.Combine(Run, ".holder")}'; echo held; exec sleep 60";
        using var other = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        Assert.Equal("held", other.StandardOutput.ReadLine());
        Assert.Equal(
            $"Another run is writing '{Run}' (process 77 on elsewhere): wait for it, stop it, or choose another folder with --out.",
            Refusal(ExistingRun.Resume));

        other.Kill();
        other.WaitForExit();
        using var resumed = Open(ExistingRun.Resume);
        Assert.True(resumed.IsResumed);
        Assert.True(resumed.WasKilled);
    }

    [Fact]
    public void A_folder_that_was_given_back_can_be_taken_again()
    {
        Begin(finish: false);
        using var again = Open(ExistingRun.Resume);
        Assert.True(again.IsResumed);
        Assert.False(again.WasKilled || again.WasFinished);
    }

    [Fact]
    public void A_run_that_is_not_finished_is_refused_unless_something_is_said()
    {
        Begin(finish: false);
        Assert.Equal(
            $"'{Run}' already holds a run that is not finished: say --resume to go on with it, --overwrite to delete it, or choose another folder with --out.",
            Refusal());
    }

    [Fact]
    public void A_finished_run_is_refused_unless_something_is_said()
    {
        Begin(finish: true);
        Assert.Equal($"'{Run}' already holds a finished run: choose another folder with --out, or say --overwrite to delete it.", Refusal());
        using var resumed = Open(ExistingRun.Resume);
        Assert.True(resumed.WasFinished);
    }

    [Fact]
    public void A_run_that_left_neither_epoch_nor_checkpoint_is_begun_anew_without_a_question()
    {
        Open().Dispose();
        using var again = Open();
        Assert.False(again.IsResumed);
    }

    [Fact]
    public void Overwriting_deletes_the_old_run()
    {
        Begin(finish: true);
        File.WriteAllText(Path.Combine(Run, "report.html"), "old");
        using var run = Open(ExistingRun.Overwrite);
        Assert.False(run.IsResumed || run.WasFinished);
        Assert.Equal([".holder", ".lock", "run.state"], Directory.EnumerateFileSystemEntries(Run).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Overwriting_leaves_what_only_begins_as_a_runs_own_files_do()
    {
        string[] others = ["checkpoints-kept", "checkpoints.old", "dry-run.txt", "metrics.jsonl.bak", "recipe.yaml.orig", "student.md", "tensorboard-old"];
        string[] written = ["dry-run-teacher.json", "dry-run.json", "metrics.jsonl", "recipe.yaml", "recipe.yaml.tmp", "report.html", "student.onnx", "student.safetensors", "teacher.json"];
        Begin(finish: true);
        foreach (string name in others.Concat(written))
            File.WriteAllText(Path.Combine(Run, name), "");
        Directory.CreateDirectory(Path.Combine(Run, "tensorboard", "student"));
        Open(ExistingRun.Overwrite).Dispose();
        Assert.Equal(
            others.Append(".lock").Append("run.state").Order(StringComparer.Ordinal),
            Directory.EnumerateFileSystemEntries(Run).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [NeedsSmallDiskFact]
    public void A_run_whose_deletion_was_stopped_has_no_checkpoints_but_still_its_recipe()
    {
        Begin(finish: true);
        File.WriteAllText(Path.Combine(Run, "recipe.yaml"), "");
        using (new SmallDisk(Path.Combine(Run, "tensorboard"))) // is in use, so that it cannot be deleted
            Assert.Contains("cannot be written", Refusal(ExistingRun.Overwrite));
        Assert.False(Directory.Exists(Path.Combine(Run, "checkpoints")));
        Assert.True(File.Exists(Path.Combine(Run, "recipe.yaml")));
        Assert.StartsWith("begun", File.ReadAllText(Path.Combine(Run, "run.state")));
        Open(ExistingRun.Overwrite).Dispose();
        Assert.False(File.Exists(Path.Combine(Run, "recipe.yaml")));
    }

    [Theory]
    [InlineData(ExistingRun.Refuse)]
    [InlineData(ExistingRun.Resume)]
    [InlineData(ExistingRun.Overwrite)]
    public void Files_that_are_no_runs_are_never_touched(ExistingRun existing)
    {
        Directory.CreateDirectory(Run);
        File.WriteAllText(Path.Combine(Run, "thesis.tex"), "years of work");
        Assert.Equal($"'{Run}' holds files that are no run's, such as 'thesis.tex': choose a new or empty folder with --out.", Refusal(existing));
        Assert.Equal(["thesis.tex"], Directory.EnumerateFileSystemEntries(Run).Select(Path.GetFileName));
    }

    [Fact]
    public void A_path_that_is_a_file_is_refused()
    {
        Directory.CreateDirectory(In("runs"));
        File.WriteAllText(Run, "");
        Assert.Matches($@"^The run's folder '{Run}' cannot be written \(.+\): choose another with --out, or change its rights\.$", Refusal());
    }

    [NeedsSmallDiskFact]
    public void A_folder_that_is_read_only_is_refused()
    {
        using var disk = new SmallDisk(In("runs"));
        Directory.CreateDirectory(Run);
        Assert.Equal(0, InstalledProgram.Run("mount", "-o", "remount,ro", disk.Path));
        Assert.Matches($@"^The run's folder '{Run}' cannot be written \(.+\): choose another with --out, or change its rights\.$", Refusal());
    }

    [NeedsSmallDiskFact]
    public void A_disk_with_too_little_space_is_refused_before_the_run()
    {
        using var disk = new SmallDisk(In("runs"));
        var failure = Assert.Throws<DiskFullException>(() => RunFolder.Open(Run, ExistingRun.Refuse, new Clock()).Dispose());
        Assert.Matches($"^The disk of '{Run}' has 2[0-9.]+ KiB left, but a run needs 64 MiB: free some space on it, or choose another folder with --out\\.$", failure.Message);
    }
}
