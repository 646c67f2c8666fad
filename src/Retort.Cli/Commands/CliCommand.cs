using System.CommandLine;

namespace Retort.Cli.Commands;

/// <summary>A command: its arguments and options, and one call into the library.</summary>
/// <remarks>
/// A derived class keeps its <see cref="Argument"/>s and <see cref="Option"/>s in fields, adds them in its constructor, and reads
/// them in <see cref="Execute"/>. Faults are thrown as <see cref="RetortException"/>; the application prints them.
/// </remarks>
internal abstract class CliCommand : Command
{
    /// <summary>Names the command.</summary>
    /// <param name="name">As it is typed.</param>
    /// <param name="description">One sentence for help.</param>
    /// <param name="examples">Whole command lines, best first; at least one.</param>
    protected CliCommand(string name, string description, params IReadOnlyList<string> examples)
        : base(name, description)
        => Examples = examples;

    /// <summary>Whole command lines shown beneath the command's help.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>The commands of a group, as "models" in "retort list models"; a command with inner ones does nothing itself.</summary>
    public virtual IReadOnlyList<CliCommand> Inner => [];

    /// <summary>Does the work.</summary>
    /// <param name="line">The values of the arguments and options.</param>
    /// <param name="terminal">Where to write.</param>
    /// <param name="interrupt">Set on Ctrl-C or SIGTERM: write what there is, then throw <see cref="OperationCanceledException"/>.</param>
    /// <returns>The exit code.</returns>
    public virtual int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
        => throw new NotSupportedException($"{Name} is a group of commands");
}
