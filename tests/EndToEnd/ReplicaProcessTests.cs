using System.Globalization;
using Retort.Tests.Cli.Support;
using Retort.Tests.Support;
using Retort.Tests.Training.Support;
using Retort.Training.Runs;
using Xunit.Abstractions;

namespace Retort.Tests.EndToEnd;

/// <summary>A run of several processes: they do together what one does, end together, and go on together.</summary>
public sealed class ReplicaProcessTests(ITestOutputHelper output) : CliTests
{
    private const string Two = """
        data: {kind: synthetic, train_images: 36, test_images: 20}
        teacher: {model: resnet8, train: {epochs: 1}}
        student: {model: resnet8}
        distill: [ce: 0.5, kd: 0.3, sp: 10, crd: {weight: 0.1, nce_k: 8}]
        train: {epochs: 4, batch: 8, threads: 1, seed: 7, precision: fp32, ema: 0.9, global_batch: true}
        """;

    private const int Kills = 3;

    [UnixFact]
    public void Ranks_that_are_killed_at_random_moments_take_the_others_along_and_go_on_to_the_same_weights()
    {
        using (RetortProcess whole = Start("whole"))
            Assert.Equal((0, ""), whole.End());
        Assert.Equal(
            ["teacher 1", "student 1", "student 2", "student 3", "student 4"],
            MetricsLog.Read(In("whole", "metrics.jsonl")).Select(epoch => $"{epoch.Stage} {epoch.Epoch}"));

        var random = new Random(Environment.TickCount);
        for (int kill = 0; kill < Kills; kill++)
        {
            using RetortProcess retort = Start("killed");
            retort.WaitFor("student epoch ");
            int rank = kill % 2 == 0 ? 1 : 0;
            retort.WaitWhileRunning(() => false, TimeSpan.FromMilliseconds(random.Next(100)));
            if (RankOf(retort.Id, rank) is { } process)
                RetortProcess.Signal("KILL", process);
            (int code, string error) = retort.End();
            output.WriteLine($"kill {kill}: rank {rank}, code {code}\n{error}");
            if (code == 0) // it was done before
                break;
            Assert.Equal(1, code);
            Assert.Contains($"rank {rank} of 2 was ended by signal 9", error);
        }

        using (RetortProcess last = Start("killed"))
            Assert.Equal((0, ""), last.End());
        TinyRun.AssertSame(In("whole"), In("killed"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(In("killed"), "*.tmp", SearchOption.AllDirectories));
    }

    [UnixFact]
    public void A_run_that_is_stopped_goes_on_with_another_number_of_processes_and_torchruns_variables_do_as_nproc()
    {
        using (RetortProcess retort = Start("run", "--set", "train.epochs=6"))
        {
            retort.WaitFor("student epoch 1/6");
            retort.Signal("TERM");
            (int code, string error) = retort.End();
            Assert.Equal(143, code);
            Assert.Contains($"Stopped. The same command with --resume goes on from {In("run")}, where it stands.", error);
        }

        Assert.Contains("student goes on in epoch ", CommandLine.Run("train", RecipeFile(Two), "--out", In("run"), "--resume", "--set", "train.epochs=6").Done().Output);

        string port = FreePort.Find().ToString(CultureInfo.InvariantCulture);
        (string, string)[] Rank(int rank) =>
            [("RANK", $"{rank}"), ("WORLD_SIZE", "2"), ("MASTER_ADDR", "127.0.0.1"), ("MASTER_PORT", port), ("RETORT_ADDRESS", "127.0.0.1")];
        using var second = new RetortProcess(Rank(1), "train", RecipeFile(Two), "--out", In("variables"));
        using var first = new RetortProcess(Rank(0), "train", RecipeFile(Two), "--out", In("variables"));
        Assert.Equal((0, ""), first.End());
        Assert.Equal((0, ""), second.End());
        using (RetortProcess nproc = Start("nproc"))
            Assert.Equal((0, ""), nproc.End());
        TinyRun.AssertSame(In("nproc"), In("variables"));
    }

    [UnixFact]
    public void What_only_the_first_process_sees_is_told_once_and_by_its_rank()
    {
        Directory.CreateDirectory(In("taken"));
        File.WriteAllText(In("taken", "notes.txt"), "mine");
        using var retort = new RetortProcess("train", RecipeFile(Two), "--out", In("taken"), "--nproc", "2");
        (int code, string error) = retort.End();
        Assert.Equal(2, code);
        Assert.Contains("holds files that are no run's, such as 'notes.txt'", error);
        Assert.Contains("[rank 1] retort: The broadcast", error);
        Assert.Contains("rank 0 (process ", error);
    }

    private RetortProcess Start(string run, params string[] more) => new(["train", RecipeFile(Two), "--out", In(run), "--resume", "--nproc", "2", .. more]);

    // The process of a rank among the children of the program.
    private static int? RankOf(int parent, int rank)
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)))
        {
            try
            {
                string[] stat = File.ReadAllText(Path.Combine(folder, "stat")).Split(") ")[^1].Split(' ');
                if (stat[1] == $"{parent}" && File.ReadAllText(Path.Combine(folder, "environ")).Split('\0').Contains($"RANK={rank}"))
                    return int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }

        return null;
    }
}
