using Spectre.Console;

namespace Retort.Cli;

/// <summary>Where the program writes, and what can be shown there; decided once, at the start.</summary>
internal sealed class Terminal
{
    /// <summary>Makes a terminal of two writers.</summary>
    /// <param name="output">Results.</param>
    /// <param name="error">Errors.</param>
    /// <param name="abilities">What <paramref name="output"/> can show.</param>
    /// <param name="width">Columns; asked of the real terminal when null.</param>
    public Terminal(TextWriter output, TextWriter error, TerminalAbilities abilities, int? width = null)
    {
        Output = output;
        Error = error;
        Abilities = abilities;
        Console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = abilities.Escapes ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = abilities.Colours ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = abilities.Live ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        Console.Profile.Capabilities.Ansi = abilities.Escapes;
        if ((width ?? (abilities.Escapes ? null : PlainWidth)) is { } columns)
        {
            Console.Profile.Width = columns; // otherwise asked for at each use, so that a resized window is noticed
        }
    }

    // Piped tables must not be folded at the 80 columns that stand for "unknown".
    private const int PlainWidth = 160;

    public TextWriter Output { get; }

    public TextWriter Error { get; }

    public TerminalAbilities Abilities { get; }

    /// <summary>Tables, colours and live views on <see cref="Output"/>.</summary>
    public IAnsiConsole Console { get; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where progress and tables go while <see cref="Output"/> is kept for a document: plain lines on <see cref="Error"/>.</summary>
    public Terminal Aside => new(Error, Error, TerminalAbilities.Plain) { Time = Time };

    /// <summary>The terminal that the process was started on.</summary>
    public static Terminal OfProcess()
        => new(System.Console.Out, System.Console.Error,
            TerminalAbilities.Detect(Environment.GetEnvironmentVariable, System.Console.IsOutputRedirected));
}
