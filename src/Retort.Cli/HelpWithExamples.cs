using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Retort.Cli.Commands;

namespace Retort.Cli;

/// <summary>The usual help, and beneath it the command's examples.</summary>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        usual.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        Command command = parseResult.CommandResult.Command;
        IReadOnlyList<string> examples = command is CliCommand ours ? ours.Examples : AllCommands.Examples;
        output.WriteLine("Examples:");
        foreach (string example in examples)
        {
            output.WriteLine($"  {example}");
        }

        if (command is RootCommand)
        {
            output.WriteLine();
            output.WriteLine("'retort demo' shows all of it in minutes, with nothing to fetch.");
            output.WriteLine("'retort test' runs the test suite (the launcher's own command).");
            output.WriteLine("Exit codes: 0 done, 1 failed, 2 wrong use, 3 another rank failed, 130 interrupted, 143 terminated.");
        }

        return ExitCode.Success;
    }
}
