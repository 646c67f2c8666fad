using System.Globalization;
using Retort.Tests.Cli.Support;
using Retort.Tests.Support;
using Retort.Tests.Training.Support;

namespace Retort.Tests.EndToEnd;

/// <summary>Ranks on two machines, and ranks that are alive but cannot be reached: nobody hangs, and who is at fault is named.</summary>
public sealed class UnreachableRankTests : CliTests
{
    private const string Recipe = """
        data: {kind: synthetic, train_images: 36, test_images: 20}
        teacher: {model: resnet8, train: {epochs: 1}}
        student: {model: resnet8}
        distill: [ce: 0.5, kd: 0.5]
        train: {epochs: 3, batch: 8, threads: 1, seed: 7, precision: fp32, sync_batch_norm: true}
        """;

    private const string Endless = "train.epochs=100000";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4), Bound = TimeSpan.FromSeconds(60);

    [TwoHostsFact]
    public void Two_hosts_reach_the_weights_of_two_processes_of_one()
    {
        using var hosts = new TwoHosts();
        using (RetortProcess second = OnHost(hosts, 1, "hosts"), first = OnHost(hosts, 0, "hosts"))
        {
            Assert.Equal((0, ""), first.End());
            Assert.Equal((0, ""), second.End());
        }

        using var local = new RetortProcess("train", RecipeFile(Recipe), "--out", In("local"), "--nproc", "2");
        Assert.Equal((0, ""), local.End());
        TinyRun.AssertSame(In("local"), In("hosts"));
    }

    [TwoHostsFact]
    public void A_network_that_is_cut_stops_both_hosts_and_each_names_the_other()
    {
        using var hosts = new TwoHosts();
        using RetortProcess second = OnHost(hosts, 1, "cut", "--set", Endless), first = OnHost(hosts, 0, "cut", "--set", Endless);
        first.WaitFor("student epoch 2/");
        hosts.Cut();
        AssertNames(first, "rank 1 (process ");
        AssertNames(second, "rank 0");

        using RetortProcess alone = new("train", RecipeFile(Recipe), "--out", In("cut"), "--set", Endless, "--resume");
        alone.WaitFor("student goes on in epoch "); // nothing is torn
        alone.Kill();
    }

    [UnixTheory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_rank_that_is_frozen_stops_the_other(int frozen)
    {
        string port = FreePort.Find().ToString(CultureInfo.InvariantCulture);
        RetortProcess[] ranks = [Rank(0), Rank(1)];
        try
        {
            ranks[0].WaitFor("student epoch 2/");
            ranks[frozen].Signal("STOP");
            AssertNames(ranks[1 - frozen], $"rank {frozen}");
        }
        finally
        {
            ranks[frozen].Kill();
            foreach (RetortProcess rank in ranks)
                rank.Dispose();
        }

        RetortProcess Rank(int rank) => new(
            Variables(rank, "127.0.0.1", "127.0.0.1", port), "train", RecipeFile(Recipe), "--out", In("frozen"), "--set", Endless);
    }

    private RetortProcess OnHost(TwoHosts hosts, int host, string run, params string[] more) => new(
        hosts.On(host), Variables(host, TwoHosts.Address(0), TwoHosts.Address(host), "29500"), ["train", RecipeFile(Recipe), "--out", In(run), .. more]);

    private static (string, string)[] Variables(int rank, string master, string own, string port) =>
    [
        ("RANK", $"{rank}"), ("WORLD_SIZE", "2"), ("MASTER_ADDR", master), ("MASTER_PORT", port), ("RETORT_ADDRESS", own),
        ("RETORT_TIMEOUT", Timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)),
    ];

    private static void AssertNames(RetortProcess process, string rank)
    {
        Assert.True(process.EndsWithin(Bound), $"A rank still runs after {Bound}.");
        (int code, string error) = process.End();
        Assert.Equal(3, code); // another rank's fault
        Assert.Contains($"failed: {rank}", error);
        Assert.Contains("--resume", error);
    }
}
