using Retort.Training.Data.Fetching;
using Spectre.Console;

namespace Retort.Cli.Progress;

/// <summary>Shows downloads: a bar for each file on a terminal, elsewhere a line when a file begins, every ten seconds, and when it is there.</summary>
internal static class DownloadProgress
{
    private const double Megabyte = 1e6;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    /// <summary>Runs <paramref name="work"/> and shows what it reports.</summary>
    /// <param name="terminal">Where to show it.</param>
    /// <param name="dataset">What is downloaded.</param>
    /// <param name="work">Downloads; is given what to call with a file and how many of its bytes are there.</param>
    /// <returns>What <paramref name="work"/> returned.</returns>
    public static T Show<T>(Terminal terminal, FetchableDataset dataset, Func<Action<RemoteFile, long>, T> work)
    {
        if (!terminal.Abilities.Live)
            return work(Lines(terminal));
        return terminal.Console.Progress()
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(),
                new TransferSpeedColumn(), new RemainingTimeColumn())
            .Start(view =>
            {
                Dictionary<string, ProgressTask> bars = dataset.Files.ToDictionary(
                    file => file.Name, file => view.AddTask(Markup.Escape(file.Name), autoStart: false, maxValue: file.Bytes));
                return work((file, bytes) =>
                {
                    ProgressTask bar = bars[file.Name];
                    if (!bar.IsStarted)
                        bar.StartTask();
                    bar.Value = bytes;
                });
            });
    }

    private static Action<RemoteFile, long> Lines(Terminal terminal)
    {
        string? current = null;
        long last = 0;
        return (file, bytes) =>
        {
            if (current == file.Name && bytes < file.Bytes && terminal.Time.GetElapsedTime(last) < Pause)
                return;
            (current, last) = (file.Name, terminal.Time.GetTimestamp());
            terminal.Output.WriteLine(FormattableString.Invariant(
                $"fetching {file.Name}: {bytes / Megabyte:F1} of {file.Bytes / Megabyte:F1} MB ({(double)bytes / file.Bytes:P0})"));
            terminal.Output.Flush(); // a log that is being followed should not lag behind
        };
    }
}
