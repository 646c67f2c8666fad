using System.Diagnostics;

namespace Retort.Tests.EndToEnd;

/// <summary>The built program in a process of its own, whose output is read line by line.</summary>
internal sealed class RetortProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _error;

    public RetortProcess(params string[] arguments)
        : this([], arguments)
    {
    }

    /// <summary>Starts it with variables of the environment.</summary>
    public RetortProcess((string Name, string Value)[] variables, params string[] arguments)
        : this([], variables, arguments)
    {
    }

    /// <summary>Starts it by another program.</summary>
    /// <param name="starter">What begins the command line.</param>
    /// <param name="variables">Of the environment.</param>
    /// <param name="arguments">Of the program.</param>
    public RetortProcess(string[] starter, (string Name, string Value)[] variables, string[] arguments)
    {
        string[] command = [.. starter, "dotnet", Path.Combine(AppContext.BaseDirectory, "retort.dll"), .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        foreach ((string name, string value) in variables)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _error = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>The process.</summary>
    public int Id => _process.Id;

    /// <summary>Waits until a line with the text is printed.</summary>
    public void WaitFor(string text)
    {
        List<string> seen = [];
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
                return;
            seen.Add(line);
        }

        Assert.Fail($"The program ended without '{text}':\n{string.Join('\n', seen)}\n{_error.Result}");
    }

    /// <summary>Waits until so many lines are printed, or the program has ended.</summary>
    public void WaitForLines(int count)
    {
        while (count-- > 0 && _process.StandardOutput.ReadLine() is not null)
        {
        }
    }

    /// <summary>Waits until something holds, the time is over or the program has ended.</summary>
    public void WaitWhileRunning(Func<bool> holds, TimeSpan atMost)
    {
        var clock = Stopwatch.StartNew();
        while (!holds() && !_process.HasExited && clock.Elapsed < atMost)
            _process.WaitForExit(TimeSpan.FromMilliseconds(1));
    }

    /// <summary>Sends a signal.</summary>
    public void Signal(string name) => Signal(name, _process.Id);

    /// <summary>Sends a signal to a process that this one started.</summary>
    public static void Signal(string name, int process)
    {
        using var kill = Process.Start("kill", ["-s", name, $"{process}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Kills it, if it has not ended.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Whether it ends in time, whatever it prints.</summary>
    public bool EndsWithin(TimeSpan time)
    {
        Task<string> output = _process.StandardOutput.ReadToEndAsync(); // a full pipe would stop it
        return _process.WaitForExit(time) && output.Wait(time);
    }

    /// <summary>Waits for the end.</summary>
    public (int Code, string Error) End()
    {
        _process.StandardOutput.ReadToEnd();
        _process.WaitForExit();
        return (_process.ExitCode, _error.Result);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
