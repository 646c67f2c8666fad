using Retort.Training.Progress;
using Retort.Training.Runs;

namespace Retort.Tests.Training.Runs;

public sealed class MetricsLogTests : InTemporaryFolder
{
    private string File => In("metrics.jsonl");

    private static EpochResult Epoch(string stage, int epoch, double loss = 1.5) =>
        new(stage, epoch, 0.05, loss, new Dictionary<string, double> { ["ce"] = 0.5, ["kd"] = 1 }, 0.25, null, 100, 2.5);

    private void Write(params (string Stage, int Epoch)[] epochs)
    {
        using var log = MetricsLog.Open(File);
        foreach (var (stage, epoch) in epochs)
            log.Append(Epoch(stage, epoch));
    }

    private IEnumerable<(string, int)> Kept() => MetricsLog.Read(File).Select(e => (e.Stage, e.Epoch));

    [Fact]
    public void An_epoch_is_a_line_of_JSON()
    {
        Write(("student", 3));
        Assert.Equal(
            """{"stage":"student","epoch":3,"learning_rate":0.05,"loss":1.5,"terms":{"ce":0.5,"kd":1},"train_accuracy":0.25,"test_accuracy":null,"images_per_second":100,"seconds":2.5}""" + "\n",
            System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void What_was_appended_is_read_back_also_a_loss_that_is_no_number()
    {
        using var log = MetricsLog.Open(File);
        log.Append(Epoch("student", 1, double.NaN));
        var read = Assert.Single(MetricsLog.Read(File));
        Assert.Equal(double.NaN, read.Loss);
        Assert.Equal(Epoch("student", 1).Terms, read.Terms);
        Assert.Equal((0.25, null), (read.TrainAccuracy, read.TestAccuracy));
    }

    [Fact]
    public void A_file_that_does_not_exist_has_no_epochs() => Assert.Empty(MetricsLog.Read(File));

    [Fact]
    public void A_torn_last_line_is_not_read_and_cut_when_the_run_goes_on()
    {
        Write(("student", 1), ("student", 2));
        var whole = System.IO.File.ReadAllBytes(File);
        for (var length = 0; length < whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, whole[..length]);
            var lines = whole[..length].Count(b => b == '\n');
            Assert.Equal(lines, MetricsLog.Read(File).Count);
            Write(("student", 9));
            Assert.Equal([.. Enumerable.Range(1, lines), 9], MetricsLog.Read(File).Select(e => e.Epoch));
        }
    }

    [Theory]
    [InlineData("teacher", 0, "")]
    [InlineData("teacher", 1, "teacher1")]
    [InlineData("student", 0, "teacher1 teacher2")]
    [InlineData("student", 1, "teacher1 teacher2 student1")]
    [InlineData("student", 7, "teacher1 teacher2 student1 student2")]
    [InlineData("plain", 0, "teacher1 teacher2 student1 student2")]
    public void On_resume_the_log_goes_back_to_the_checkpoint(string stage, int epoch, string expected)
    {
        Write(("teacher", 1), ("teacher", 2), ("student", 1), ("student", 2));
        using (var log = MetricsLog.Open(File))
        {
            log.CutAfter(stage, epoch);
            log.Append(Epoch("next", 1));
        }
        Assert.Equal($"{expected} next1".Trim(), string.Join(' ', Kept().Select(e => $"{e.Item1}{e.Item2}")));
    }

    [Theory]
    [InlineData("banana\n")]
    [InlineData("{}\n")]
    [InlineData("null\n")]
    [InlineData("\n")]
    public void A_line_that_is_no_epochs_is_refused_with_its_number(string line)
    {
        Write(("student", 1));
        System.IO.File.AppendAllText(File, line);
        var message = $"{File}:2: '{line.TrimEnd()}' is not an epoch's figures: mend or delete the line, or begin the run anew.";
        Assert.Equal(message, Assert.Throws<RetortException>(() => MetricsLog.Read(File)).Message);
        Assert.Equal(message, Assert.Throws<RetortException>(() => MetricsLog.Open(File)).Message);
    }

    [NeedsSmallDiskFact]
    public void A_full_disk_leaves_whole_lines()
    {
        using var disk = new SmallDisk(In("disk"));
        var path = In("disk", "metrics.jsonl");
        using var log = MetricsLog.Open(path);
        var failure = Assert.Throws<DiskFullException>(() =>
        {
            for (var epoch = 1; epoch < 100_000; epoch++)
                log.Append(Epoch("student", epoch));
        });
        Assert.StartsWith($"'{path}' cannot be written, the disk is full", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("\n", System.IO.File.ReadAllText(path), StringComparison.Ordinal);
        Assert.True(MetricsLog.Read(path).Count > 100);
    }
}
