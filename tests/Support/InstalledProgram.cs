using System.Diagnostics;

namespace Retort.Tests.Support;

/// <summary>A program of the machine, which may not be there.</summary>
internal static class InstalledProgram
{
    /// <summary>Runs it to its end.</summary>
    /// <returns>Its exit code; -1 where there is no such program.</returns>
    public static int Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false,
            })!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            _ = error.Result;
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}

/// <summary>A test that needs a program; it says so when it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ProgramFactAttribute : FactAttribute
{
    public ProgramFactAttribute(string program) => Skip = InstalledProgram.Run(program, "--version") == 0 ? null : $"needs {program}";
}
