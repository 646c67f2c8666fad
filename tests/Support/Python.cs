using System.Diagnostics;

namespace Retort.Tests.Support;

/// <summary>Debian's Python, with the modules that the test script installs.</summary>
internal static class Python
{
    private const string Program = "/usr/bin/python3";

    /// <summary>Whether it is there, and modules are.</summary>
    public static bool Has(params string[] modules) => File.Exists(Program)
        && Start(["-c", "import importlib.util, sys; sys.exit(not all(map(importlib.util.find_spec, sys.argv[1:])))", .. modules]).Code == 0;

    /// <summary>Runs a script, which has to succeed.</summary>
    /// <param name="script">Its parts below the repository.</param>
    /// <param name="arguments">What it gets.</param>
    public static void Run(string[] script, params string[] arguments)
    {
        (int code, string text) = Start([RepositoryFiles.Repository(script), .. arguments]);
        Assert.True(code == 0, text);
    }

    private static (int Code, string Text) Start(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }
}
