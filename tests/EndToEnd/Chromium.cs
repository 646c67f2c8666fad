using System.Diagnostics;
using System.Text;
using Retort.Tests.Support;

namespace Retort.Tests.EndToEnd;

/// <summary>A browser without a window, for one page.</summary>
internal static class Chromium
{
    private static readonly string[] Names = ["chromium", "google-chrome"];

    /// <summary>The program; null where there is none. One from a snap does not count: it sees no temporary files but its own.</summary>
    public static string? Program { get; } = Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator)
        .Where(folder => !folder.StartsWith("/snap", StringComparison.Ordinal)).SelectMany(_ => Names, Path.Combine).FirstOrDefault(File.Exists);

    /// <summary>Opens a page and waits until it has loaded.</summary>
    /// <param name="page">A file.</param>
    /// <param name="width">Of the window, in pixels.</param>
    /// <param name="height">Of the window, in pixels.</param>
    /// <returns>The document as its scripts left it, what was written to the console, and a picture of the window (PNG).</returns>
    public static (string Document, string[] Console, byte[] Picture) Open(string page, int width, int height)
    {
        using var profile = new TemporaryFolder();
        string picture = Path.Combine(profile.Path, "picture.png");
        // The sandbox cannot be had in many containers, and the page is our own. A page of a file may look into frames of other files.
        string[] arguments =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--no-first-run", "--hide-scrollbars",
            "--force-device-scale-factor=1", "--blink-settings=preferredColorScheme=1", "--allow-file-access-from-files", "--enable-logging=stderr",
            $"--user-data-dir={profile.Path}", $"--window-size={width},{height}", $"--screenshot={picture}", "--dump-dom", new Uri(page).AbsoluteUri,
        ];
        using var process = Process.Start(new ProcessStartInfo(Program!, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8, UseShellExecute = false,
        })!;
        Task<string> document = process.StandardOutput.ReadToEndAsync(), log = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(2)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"The browser did not come to an end:\n{log.Result}");
        }

        Assert.True(process.ExitCode == 0 && File.Exists(picture), $"The browser ended with {process.ExitCode}:\n{log.Result}");
        return (document.Result, [.. log.Result.Split('\n').Where(line => line.Contains(":CONSOLE", StringComparison.Ordinal))], File.ReadAllBytes(picture));
    }
}

/// <summary>A test that opens a page in Chromium; it says so when it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ChromiumFactAttribute : FactAttribute
{
    public ChromiumFactAttribute() => Skip = Chromium.Program is null ? "needs Chromium (Debian's package chromium)" : null;
}
