using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Retort.Torch;
using Retort.Torch.Distributed;

namespace Retort.Cli;

/// <summary>
/// The processes of this machine that train together: this program once more for each. The first one has this process's output; of the
/// others only errors are shown, with their rank. When one fails, all end.
/// </summary>
/// <param name="terminal">Where errors go.</param>
/// <param name="arguments">The command line of each, without the program's name.</param>
/// <param name="count">How many, at least 2.</param>
internal sealed class LocalRanks(Terminal terminal, IReadOnlyList<string> arguments, int count)
{
    // For the others to find out by themselves which one is gone, and to say so.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    private readonly Lock _errors = new();

    /// <summary>A command line without an option and its value.</summary>
    public static IEnumerable<string> Without(string option, IReadOnlyList<Token> line)
    {
        for (int i = 0; i < line.Count; i++)
        {
            if (line[i].Value == option)
                i++;
            else
                yield return line[i].Value;
        }
    }

    /// <summary>Runs them to their end.</summary>
    /// <param name="interrupt">Asks all of them to save and stop, and waits for that.</param>
    /// <returns>The exit code of the first that failed.</returns>
    public int Run(CancellationToken interrupt)
    {
        int port = FreePort();
        string temporary = Directory.CreateTempSubdirectory("retort-ranks-").FullName; // theirs, so that none leaves anything, however it ends
        Process[] ranks = new Process[count];
        try
        {
            for (int rank = 0; rank < count; rank++)
                ranks[rank] = Start(rank, port, temporary);
            using (interrupt.Register(() => Stop(ranks)))
                return Wait(ranks, interrupt);
        }
        finally
        {
            foreach (Process rank in ranks.OfType<Process>())
            {
                if (!rank.HasExited)
                    rank.Kill();
                rank.WaitForExit();
                rank.Dispose();
            }

            Directory.Delete(temporary, recursive: true);
        }
    }

    private int Wait(Process[] ranks, CancellationToken interrupt)
    {
        Dictionary<Task, int> running = Enumerable.Range(0, count).ToDictionary(rank => ranks[rank].WaitForExitAsync(CancellationToken.None));
        List<(int Rank, int Code)> failed = [];
        while (running.Count > 0)
        {
            Task ended = failed.Count == 0 || interrupt.IsCancellationRequested // then rank 0 may need long for its checkpoint
                ? Task.WhenAny(running.Keys).Result 
                : Task.WhenAny([.. running.Keys, Task.Delay(Grace, CancellationToken.None)]).Result;
            if (!running.Remove(ended, out int rank))
            {
                foreach (int slow in running.Values)
                    ranks[slow].Kill();
                break;
            }

            if (ranks[rank].ExitCode != ExitCode.Success)
            {
                failed.Add((rank, ranks[rank].ExitCode));
                Stop(ranks);
            }
        }

        if (failed.Count == 0)
            return ExitCode.Success;
        if (interrupt.IsCancellationRequested)
            return ExitCode.Interrupted;
        // The first one whose own fault it is; the others only noticed.
        (int first, int code) = failed.Find(rank => rank.Code != ExitCode.OtherRankFailed) is { Code: > 0 } cause ? cause : failed[0];
        string reason = ChildProcess.SignalOf(code) is { } signal ? $"was ended by {signal}" : $"ended with code {code}";
        Write($"retort: rank {first} of {count} {reason}, and so all of them ended{(code == ExitCode.WrongUse ? "" : "; --resume goes on from the last checkpoint")}.");
        return code == ExitCode.WrongUse ? ExitCode.WrongUse : ExitCode.Failure;
    }

    private Process Start(int rank, int port, string temporary)
    {
        ProcessStartInfo start = ChildProcess.Start(arguments, Math.Max(1, ProcessorCores.Count / count));
        var environment = new DistributedEnvironment(rank, count, rank, IPAddress.Loopback.ToString(), port);
        foreach ((string name, string value) in environment.ToVariables())
            start.Environment[name] = value;
        foreach (string name in (string[])[DistributedEnvironment.TimeoutName, DistributedEnvironment.InterfaceAddressName])
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } given)
                start.Environment[name] = given;
        }

        start.Environment["TMPDIR"] = temporary;
        bool isFirst = rank == 0;
        start.RedirectStandardOutput = start.RedirectStandardError = !isFirst;
        var process = new Process { StartInfo = start };
        process.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is { Length: > 0 } text)
                Write($"[rank {rank}] {text}");
        };
        process.Start();
        if (!isFirst)
        {
            process.BeginErrorReadLine();
            process.BeginOutputReadLine();
        }

        return process;
    }

    // As after Ctrl-C; what has ended already does not mind.
    private static void Stop(Process[] ranks)
    {
        foreach (Process rank in ranks.OfType<Process>())
            rank.StandardInput.Close();
    }

    private void Write(string line)
    {
        lock (_errors)
            terminal.Error.WriteLine(line);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
