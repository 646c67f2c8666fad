using Retort.Cli;
using Retort.Cli.Progress;
using Retort.Training.Data.Fetching;

namespace Retort.Tests.Cli.Progress;

public sealed class DownloadProgressTests
{
    private static readonly FetchableDataset Dataset = new()
    {
        Name = "sample", Recipe = "", Contents = new Dictionary<string, long>(),
        Files = [File("one.bin", 4_000_000), File("two.bin", 1_000)],
    };

    private readonly ManualTime _time = new();

    [Fact]
    public void Lines_come_when_a_file_begins_every_ten_seconds_and_when_it_is_there()
    {
        string output = Show(TerminalAbilities.Plain, progress =>
        {
            for (int megabyte = 1; megabyte <= 4; megabyte++)
            {
                progress(Dataset.Files[0], megabyte * 1_000_000);
                _time.Advance(6);
            }

            progress(Dataset.Files[1], 1_000);
        });
        Assert.Equal(
            """
            fetching one.bin: 1.0 of 4.0 MB (25 %)
            fetching one.bin: 3.0 of 4.0 MB (75 %)
            fetching one.bin: 4.0 of 4.0 MB (100 %)
            fetching two.bin: 0.0 of 0.0 MB (100 %)

            """,
            output);
    }

    [Fact]
    public void On_a_terminal_each_file_has_a_bar()
    {
        string output = Show(TerminalAbilities.Full, progress =>
        {
            progress(Dataset.Files[0], 2_000_000);
            progress(Dataset.Files[0], 4_000_000);
        });
        Assert.Contains("one.bin", output, StringComparison.Ordinal);
        Assert.Contains("two.bin", output, StringComparison.Ordinal);
        Assert.Contains("100%", output, StringComparison.Ordinal);
    }

    private static RemoteFile File(string name, long bytes) => new(new Uri($"http://example.invalid/{name}"), bytes, "");

    private string Show(TerminalAbilities abilities, Action<Action<RemoteFile, long>> work)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal(output, TextWriter.Null, abilities, width: 120) { Time = _time };
        Assert.Equal(7, DownloadProgress.Show(terminal, Dataset, progress =>
        {
            work(progress);
            return 7;
        }));
        return output.ToString();
    }
}
