using Retort.Tests.Training.Runs;
using Retort.Tests.Training.Support;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Training.Checkpoints;
using Retort.Training.Progress;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Checkpoints;

/// <summary>Which checkpoints are kept, and which one is gone on from.</summary>
public sealed class CheckpointStoreTests : InTemporaryFolder
{
    private static readonly Recipe Kept = TinyRun.Alone with { Train = TinyRun.Train with { Epochs = 6, KeepLast = 3, KeepBest = 3, Ema = 0.5 } };

    [Fact]
    public void One_last_and_one_best_checkpoint_are_kept_where_nothing_is_said()
    {
        TinyRun.Do(TinyRun.Alone, In("run"));
        Assert.Equal(["best", "last", "student"], Folders("run"));
    }

    [Fact]
    public void As_many_last_and_best_epochs_are_kept_as_the_recipe_says()
    {
        var observer = new RecordingObserver();
        TinyRun.Do(Kept with { Teacher = new() { Model = "resnet8" }, Distill = [new("kd", 1)] }, In("run"), observer);

        EpochResult[] best = [.. observer.Epochs.Where(e => e.Stage == "student").OrderByDescending(e => e.TestAccuracy).ThenBy(e => e.Epoch).Take(3)];
        Assert.Equal(
            ((string[])["best", "last", "last-epoch-4", "last-epoch-5", "student", "teacher", .. best[1..].Select(e => $"best-epoch-{e.Epoch}")]).Order(StringComparer.Ordinal),
            Folders("run"));
        foreach (EpochResult epoch in best)
        {
            (Network network, NetworkCard card) = CheckpointLoader.Open(In("run", "checkpoints", epoch == best[0] ? "best" : $"best-epoch-{epoch.Epoch}"));
            using (network)
                Assert.Equal(epoch.TestAccuracy, card.Accuracy);
        }

        string report = File.ReadAllText(In("run", "report.html"));
        Assert.Contains("last (the end of epoch 6), last-epoch-5 (the end of epoch 5), last-epoch-4 (the end of epoch 4), best (epoch ", report);
        Assert.Contains($"best-epoch-{best[1].Epoch} (epoch {best[1].Epoch}, ", report);
    }

    [Fact]
    public void A_run_that_was_stopped_keeps_the_same_checkpoints()
    {
        TinyRun.Do(Kept, In("whole"));
        foreach (int epoch in (int[])[1, 3, 4])
            TinyRun.DoCancelled(Kept, In("stopped"), cancel => new() { OnEpoch = e => CancelIf(e.Epoch == epoch, cancel) });
        TinyRun.Do(Kept, In("stopped"));
        Assert.Equal(Folders("whole"), Folders("stopped"));
        TinyRun.AssertSame(In("whole"), In("stopped"));
    }

    [Fact]
    public void A_damaged_checkpoint_is_passed_over_for_the_one_before_and_the_run_ends_as_if_nothing_had_been()
    {
        TinyRun.Do(Kept, In("whole"));
        TinyRun.DoCancelled(Kept, In("stopped"), cancel => new() { OnEpoch = e => CancelIf(e.Epoch == 5, cancel) });
        Assert.Equal(["best", "best-epoch", "last", "last-epoch-3", "last-epoch-4"], Folders("stopped").Select(Unnumbered).Distinct());
        foreach (var (file, damage) in new[]
        {
            ("network.safetensors", "flipped"), ("optimizer.safetensors", "cut"), ("average.safetensors", "gone"), ("random.safetensors", "gone"),
            ("state.json", "cut"), ("state.json", "gone"),
        })
        {
            string run = $"{file} {damage}";
            TinyRun.Copy(In("stopped"), In(run));
            Damage(In(run, "checkpoints", "last", file), damage);

            var observer = new RecordingObserver();
            TinyRun.Do(Kept, In(run), observer);

            string warning = Assert.Single(observer.Notices, n => n.StartsWith("Warning: a checkpoint is passed over, ", StringComparison.Ordinal));
            Assert.Contains(file, warning);
            Assert.EndsWith($"is gone on from: {In(run, "checkpoints", "last-epoch-4")}.", warning, StringComparison.Ordinal);
            Assert.Contains("student goes on in epoch 5, after step 0.", observer.Notices);
            Assert.Equal(Folders("whole"), Folders(run));
            TinyRun.AssertSame(In("whole"), In(run));
        }
    }

    [Fact]
    public void Where_no_checkpoint_is_whole_the_newest_is_named_and_nothing_is_removed()
    {
        TinyRun.DoCancelled(Kept, In("run"), cancel => new() { OnEpoch = e => CancelIf(e.Epoch == 4, cancel) });
        string[] before = Folders("run");
        foreach (string folder in before.Where(name => name.StartsWith("last", StringComparison.Ordinal)))
            Damage(In("run", "checkpoints", folder, "network.safetensors"), "flipped");

        CheckpointException fault = Assert.Throws<CheckpointException>(() => TinyRun.Do(Kept, In("run")));

        Assert.Equal(
            $"{In("run", "checkpoints", "last", "network.safetensors")}: the file is damaged (its content is not what was written); delete this folder to train "
            + "the stage from its beginning, or begin the run anew with --overwrite.",
            fault.Message);
        Assert.Equal(before, Folders("run"));
    }

    [Fact]
    public void A_finished_stage_with_damaged_weights_is_not_gone_on_with()
    {
        TinyRun.DoCancelled(TinyRun.Distilled, In("run"), cancel => new() { OnEpoch = e => CancelIf(e.Stage == "student", cancel) });
        Damage(In("run", "checkpoints", "teacher", "network.safetensors"), "flipped");
        Assert.Contains(
            $"{In("run", "checkpoints", "teacher", "network.safetensors")}: the file is damaged",
            Assert.Throws<CheckpointException>(() => TinyRun.Do(TinyRun.Distilled, In("run"))).Message);
    }

    [Fact]
    public void Fewer_are_kept_from_when_less_is_asked_for()
    {
        TinyRun.DoCancelled(Kept, In("run"), cancel => new() { OnEpoch = e => CancelIf(e.Epoch == 4, cancel) });
        TinyRun.Do(Kept with { Train = Kept.Train with { KeepLast = 1, KeepBest = 3 } }, In("run"));
        Assert.Equal(["best", "best-epoch", "last", "student"], Folders("run").Select(Unnumbered).Distinct());
    }

    [Fact]
    public void What_a_kill_left_half_done_after_the_last_epoch_is_brought_to_its_end()
    {
        TinyRun.Do(Kept, In("whole"));
        TinyRun.DoCancelled(Kept, In("stopped"), cancel => new() { OnEpoch = e => CancelIf(e.Epoch == 6, cancel) });
        Directory.Delete(In("stopped", "checkpoints", "student"), recursive: true);
        string last = In("stopped", "checkpoints", "last");
        // The newest checkpoint is in its place, but the one before is not put away yet, and one that was to go is half removed.
        Directory.Move($"{last}-epoch-5", $"{last}.old");
        Directory.CreateDirectory($"{last}-epoch-3.tmp");
        File.Copy(Path.Combine(last, "network.safetensors"), Path.Combine($"{last}-epoch-3.tmp", "network.safetensors"));

        TinyRun.Do(Kept, In("stopped"));
        Assert.Equal(Folders("whole"), Folders("stopped"));
        TinyRun.AssertSame(In("whole"), In("stopped"));
    }

    private static string Unnumbered(string name) => name.StartsWith("best-epoch-", StringComparison.Ordinal) ? "best-epoch" : name;

    private static void CancelIf(bool now, CancellationTokenSource cancel)
    {
        if (now)
            cancel.Cancel();
    }

    private static void Damage(string file, string damage)
    {
        byte[] content = File.ReadAllBytes(file);
        switch (damage)
        {
            case "flipped":
                content[^9] ^= 1;
                File.WriteAllBytes(file, content);
                break;
            case "cut":
                File.WriteAllBytes(file, content[..(content.Length / 2)]);
                break;
            default:
                File.Delete(file);
                break;
        }
    }

    private string[] Folders(string run) =>
        [.. Directory.EnumerateFileSystemEntries(In(run, "checkpoints")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
}
