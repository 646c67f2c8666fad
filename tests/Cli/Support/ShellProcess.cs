using System.Diagnostics;
using Retort.Tests.Support;

namespace Retort.Tests.Cli.Support;

/// <summary>A shell in which the built program is called retort, as a user has it.</summary>
internal static class ShellProcess
{
    /// <summary>Runs a line in bash.</summary>
    /// <param name="line">As a user pastes it.</param>
    /// <param name="folder">The current directory.</param>
    /// <param name="environment">Variables, unset where null.</param>
    public static (int Code, string Output, string Error) Bash(string line, string folder, params (string Name, string? Value)[] environment) =>
        Run("bash", ["-c", line], folder, environment);

    /// <summary>Runs a program that finds retort on its path.</summary>
    public static (int Code, string Output, string Error) Run(
        string program, IEnumerable<string> arguments, string folder, params (string Name, string? Value)[] environment)
    {
        using var bin = new TemporaryFolder();
        string retort = Path.Combine(bin.Path, "retort");
        File.WriteAllText(retort, $"#!/bin/sh\nexec dotnet '{Path.Combine(AppContext.BaseDirectory, "retort.dll")}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(retort, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = folder,
        };
        start.Environment["PATH"] = $"{bin.Path}:{start.Environment["PATH"]}";
        foreach ((string name, string? value) in environment)
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
