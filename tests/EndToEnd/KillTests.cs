using Retort.Tests.Cli.Support;
using Retort.Tests.Support;
using Retort.Tests.Training.Support;
using Xunit.Abstractions;

namespace Retort.Tests.EndToEnd;

/// <summary>The program is killed, again and again, at moments of which it knows nothing, and reaches the weights of a run that was left alone.</summary>
public sealed class KillTests(ITestOutputHelper output) : CliTests
{
    private const int Kills = 20, Lines = 10;

    // Two stages, averaged weights, and checkpoints that are kept: 10 epochs that each write, swap and remove folders.
    private const string Whole = """
        data: {kind: synthetic, train_images: 40, test_images: 20}
        teacher: {model: resnet8, train: {epochs: 2}}
        student: {model: resnet8}
        distill: [ce: 0.5, kd: 0.5]
        train: {epochs: 8, batch: 8, threads: 1, seed: 7, precision: fp32, ema: 0.9, keep_last: 2, keep_best: 2}
        """;

    [UnixFact]
    public void A_run_that_is_killed_at_random_moments_reaches_the_same_weights()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using (RetortProcess whole = Start("whole"))
            Assert.Equal((0, ""), whole.End());

        int killed = 0, runs = 0;
        while (killed < Kills)
        {
            DateTime before = LastWriting($"run {runs}"); // what an earlier kill left
            using RetortProcess retort = Start($"run {runs}");
            retort.WaitForLines(random.Next(Lines)); // spread over what the run does, however fast the machine is
            if (killed % 3 == 2)
                retort.WaitWhileRunning(() => LastWriting($"run {runs}") > before, TimeSpan.FromSeconds(10));
            retort.WaitWhileRunning(() => false, TimeSpan.FromMilliseconds(random.Next(killed % 3 == 2 ? 8 : 200)));
            retort.Kill();
            int code = retort.End().Code;
            if (code == 128 + 9)
            {
                killed++;
                output.WriteLine($"kill {killed}: run {runs}, {Standing($"run {runs}")}");
                continue;
            }

            Assert.Equal(0, code); // it was done before: the next one begins anew
            TinyRun.AssertSame(In("whole"), In($"run {runs++}"));
        }

        using RetortProcess last = Start($"run {runs}");
        Assert.Equal((0, ""), last.End());
        TinyRun.AssertSame(In("whole"), In($"run {runs}"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(In($"run {runs}"), "*.tmp", SearchOption.AllDirectories));
    }

    private RetortProcess Start(string run) => new("train", RecipeFile(Whole), "--out", In(run), "--resume");

    // When a folder that is being written was last seen to change.
    private DateTime LastWriting(string run)
    {
        string checkpoints = In(run, "checkpoints");
        return Directory.Exists(checkpoints)
            ? Directory.EnumerateDirectories(checkpoints, "*.tmp").Select(Directory.GetLastWriteTimeUtc).DefaultIfEmpty().Max()
            : default;
    }

    // What the kill left, for who reads the log.
    private string Standing(string run)
    {
        string checkpoints = In(run, "checkpoints");
        return Directory.Exists(checkpoints)
            ? string.Join(' ', Directory.EnumerateDirectories(checkpoints).Select(Path.GetFileName).Order(StringComparer.Ordinal))
            : "no checkpoint yet";
    }
}
