using System.Diagnostics;
using Retort.Torch.Distributed;

namespace Retort.Cli;

/// <summary>
/// This program once more, in a process of its own. It stops, as after Ctrl-C, when its standard input ends: so it does when this
/// process dies, however it dies, and a Ctrl-C that the terminal has sent to both is not answered twice.
/// </summary>
internal static class ChildProcess
{
    private const string WatchesInput = "RETORT_STOP_AT_END_OF_INPUT";
    private const int Signalled = 128, Kill = 9;

    /// <summary>In a child: calls <paramref name="stop"/> when the parent wants it to stop, or is gone.</summary>
    public static void OnParentsWish(Action stop)
    {
        if (Environment.GetEnvironmentVariable(WatchesInput) is not "1")
            return;
        new Thread(() =>
        {
            using Stream input = Console.OpenStandardInput();
            while (input.ReadByte() >= 0)
            {
                // Nothing is ever sent; only the end counts.
            }

            stop();
        }) { IsBackground = true, Name = "parent's wish" }.Start();
    }

    /// <summary>Starts the program and waits for its end.</summary>
    /// <param name="arguments">The command line, without the program's name.</param>
    /// <param name="threads">Cores that it may use.</param>
    /// <param name="line">Is given each line that it prints; from any thread.</param>
    /// <param name="interrupt">Asks it to save and stop, and waits for that.</param>
    /// <exception cref="RetortException">It ended with another code than 0; the message is what it said.</exception>
    /// <exception cref="OperationCanceledException">It was interrupted.</exception>
    public static async Task Run(IReadOnlyList<string> arguments, int threads, Action<string> line, CancellationToken interrupt)
    {
        List<string> errors = [];
        using var process = new Process { StartInfo = Start(arguments, threads) };
        process.OutputDataReceived += (_, e) =>
        {
            if (e.Data is { } text)
                line(text);
        };
        process.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is { Length: > 0 } text)
                errors.Add(text);
        };
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using (interrupt.Register(process.StandardInput.Close))
            await process.WaitForExitAsync(CancellationToken.None);
        if (process.ExitCode == 0)
            return;
        interrupt.ThrowIfCancellationRequested();
        throw new RetortException(Reason(process.ExitCode, errors));
    }

    /// <summary>The signal that ended a process, for people; null: none did.</summary>
    /// <param name="code">Its exit code.</param>
    public static string? SignalOf(int code) => code > Signalled && code != ExitCode.Interrupted
        ? $"signal {code - Signalled}{(code - Signalled == Kill ? ", as when memory runs out" : "")}"
        : null;

    private static string Reason(int code, List<string> errors)
    {
        const string prefix = "retort: ";
        if (SignalOf(code) is { } signal)
            return $"its process was ended by {signal}.";
        return errors.Count == 0 ? $"its process ended with code {code}."
            : string.Join(' ', errors.Select(text => text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text.Trim()));
    }

    /// <summary>How to start the program once more, alone; its output and errors come to this process.</summary>
    /// <param name="arguments">The command line, without the program's name.</param>
    /// <param name="threads">Cores that it may use.</param>
    public static ProcessStartInfo Start(IReadOnlyList<string> arguments, int threads)
    {
        // Started as "retort" it can be started so again; otherwise dotnet runs the library beside this one.
        string? self = Environment.ProcessPath;
        string? name = Path.GetFileNameWithoutExtension(self);
        var start = new ProcessStartInfo
        {
            FileName = name is "retort" or "dotnet" ? self! : "dotnet",
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        if (name is not "retort")
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "retort.dll"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        // Who shares a batch with others is said to each process anew.
        foreach (string variable in DistributedEnvironment.Variables)
            start.Environment.Remove(variable);
        start.Environment[WatchesInput] = "1";
        start.Environment["DOTNET_PROCESSOR_COUNT"] = $"{threads}"; // .NET's own threads, and what "all cores" means there
        return start;
    }
}
