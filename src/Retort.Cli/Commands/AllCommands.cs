namespace Retort.Cli.Commands;

/// <summary>The commands of the program. A new one is a file in this folder and a line here.</summary>
internal static class AllCommands
{
    /// <summary>Shown beneath <c>retort --help</c>.</summary>
    public static IReadOnlyList<string> Examples { get; } =
    [
        "retort version",
    ];

    /// <summary>Makes the commands, in the order in which help lists them.</summary>
    public static IReadOnlyList<CliCommand> Create() =>
    [
        new VersionCommand(),
    ];
}
