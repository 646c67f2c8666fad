namespace Retort.Cli;

/// <summary>What the output can show.</summary>
/// <param name="Escapes">Escape sequences: bold text, moving the cursor.</param>
/// <param name="Colours">Colours, as far as the terminal has them.</param>
/// <param name="Live">A view that is redrawn in place.</param>
internal sealed record TerminalAbilities(bool Escapes, bool Colours, bool Live)
{
    /// <summary>Plain text, line after line: pipes, files, logs.</summary>
    public static TerminalAbilities Plain { get; } = new(Escapes: false, Colours: false, Live: false);

    /// <summary>Everything that a terminal emulator can do.</summary>
    public static TerminalAbilities Full { get; } = new(Escapes: true, Colours: true, Live: true);

    /// <summary>Reads the signs that terminals and users give.</summary>
    /// <param name="variable">Looks up an environment variable.</param>
    /// <param name="redirected">Whether the output goes to a file or a pipe.</param>
    public static TerminalAbilities Detect(Func<string, string?> variable, bool redirected)
    {
        bool Has(string name) => !string.IsNullOrEmpty(variable(name));

        if (redirected || variable("TERM") is null or "" or "dumb")
        {
            return Plain;
        }

        // no-color.org: a value that is not empty turns colours off, whatever it is. Logs of a build server keep every redraw.
        return Has("NO_COLOR") ? Plain : Full with { Live = !Has("CI") };
    }
}
