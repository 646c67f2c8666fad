using System.CommandLine;
using System.CommandLine.Help;
using Retort.Cli.Commands;
using Retort.Torch.Distributed;

namespace Retort.Cli;

/// <summary>The command line: parses, runs a command, and turns what happened into an exit code and a sentence.</summary>
internal sealed class Application
{
    private readonly Terminal _terminal;
    private readonly RootCommand _root;
    private readonly Option<bool> _verbose = new("--verbose") { Description = "Show stack traces.", Recursive = true };
    private CancellationToken _interrupt;

    /// <summary>Makes the program of its commands.</summary>
    /// <param name="terminal">Where it writes.</param>
    /// <param name="commands">In the order in which help lists them.</param>
    public Application(Terminal terminal, IEnumerable<CliCommand> commands)
    {
        _terminal = terminal;
        _root = new RootCommand("Distils a large trained network into a small one that keeps most of its accuracy.");
        _root.Options.Add(_verbose);
        foreach (CliCommand command in commands)
        {
            Add(_root, command);
        }

        _root.Options.OfType<VersionOption>().Single().Action = new VersionLine();
        HelpOption help = _root.Options.OfType<HelpOption>().Single();
        help.Description = "Show this help.";
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
    }

    /// <summary>Runs one command line.</summary>
    /// <param name="args">Without the program's name.</param>
    /// <param name="interrupt">Set when the user wants the program to stop.</param>
    /// <returns>The exit code, see <see cref="ExitCode"/>.</returns>
    public int Run(IReadOnlyList<string> args, CancellationToken interrupt = default)
    {
        _interrupt = interrupt;
        ParseResult line = _root.Parse(args.Count == 0 ? ["--help"] : args);
        if (line.Errors.Count > 0 && line.Action is not HelpWithExamples)
        {
            return Refuse(line);
        }

        try
        {
            // Signals and exceptions are ours: the library would print a stack trace and end with 1 for all of them.
            return line.Invoke(new InvocationConfiguration
            {
                Output = _terminal.Output,
                Error = _terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception fault)
        {
            return Report(fault, line.GetValue(_verbose));
        }
    }

    private void Add(Command parent, CliCommand command)
    {
        parent.Subcommands.Add(command);
        foreach (CliCommand inner in command.Inner)
        {
            Add(command, inner);
        }

        if (command.Inner.Count == 0)
        {
            command.SetAction(line => command.Execute(line, _terminal, _interrupt));
        }
    }

    private int Refuse(ParseResult line)
    {
        string path = CommandPath(line.CommandResult.Command);
        string? word = line.UnmatchedTokens.Count > 0 ? line.UnmatchedTokens[0] : null;
        if (word is null)
        {
            _terminal.Error.WriteLine($"retort: {line.Errors[0].Message} See '{path} --help'.");
            return ExitCode.WrongUse;
        }

        Command command = line.CommandResult.Command;
        bool option = word.StartsWith('-');
        IEnumerable<string> known = option
            ? command.Options.Concat(_root.Options.Where(o => o.Recursive)).Select(o => o.Name)
            : command.Subcommands.Select(c => c.Name);
        string fault = option ? $"'{word}' is not an option of '{path}'"
            : command.Subcommands.Count > 0 ? $"'{word}' is not a command of '{path}'"
            : $"'{path}' does not take '{word}'";
        string question = NearestName.Question(word, known);
        _terminal.Error.WriteLine($"retort: {fault}. {question}{(question.Length > 0 ? " " : "")}See '{path} --help'.");
        return ExitCode.WrongUse;
    }

    private int Report(Exception fault, bool verbose)
    {
        if (verbose)
        {
            _terminal.Error.WriteLine(fault);
        }

        switch (fault)
        {
            case OperationCanceledException:
                _terminal.Error.WriteLine("retort: interrupted.");
                return ExitCode.Interrupted;
            case ProcessGroupException other:
                _terminal.Error.WriteLine($"retort: {other.Message}");
                return ExitCode.OtherRankFailed;
            case RetortException known:
                _terminal.Error.WriteLine($"retort: {known.Message}");
                return known.WrongUse ? ExitCode.WrongUse : ExitCode.Failure;
            case IOException or UnauthorizedAccessException:
                _terminal.Error.WriteLine($"retort: {fault.Message}");
                return ExitCode.Failure;
            default:
                string hint = verbose ? "" : " (--verbose shows where; this is a fault of Retort's own, please report it)";
                _terminal.Error.WriteLine($"retort: {fault.GetType().Name}: {fault.Message}{hint}");
                return ExitCode.Failure;
        }
    }

    private static string CommandPath(Command command)
        => command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{CommandPath(parent)} {command.Name}" : "retort";
}
