using System.CommandLine;
using Retort.Cli.Completion;

namespace Retort.Cli.Commands;

/// <summary><c>retort completion SHELL</c>: a script with which a shell completes Retort's commands, options, methods, models and recipes.</summary>
internal sealed class CompletionCommand : CliCommand
{
    private static readonly Dictionary<string, Func<CompletionNode, string>> Shells = new()
    {
        ["bash"] = BashScript.Of, ["zsh"] = ZshScript.Of, ["fish"] = FishScript.Of,
    };

    private readonly Argument<string> _shell = new("shell") { Description = "bash, zsh or fish." };

    public CompletionCommand()
        : base(
            "completion", "Print a script with which a shell completes commands, options, methods, models and recipes.",
            "eval \"$(retort completion bash)\"   # in ~/.bashrc",
            "retort completion zsh > _retort   # in a folder of $fpath",
            "retort completion fish > retort.fish   # in ~/.config/fish/completions")
    {
        _shell.CompletionSources.Add([.. Shells.Keys]);
        _shell.Validators.Add(argument =>
        {
            if (argument.GetValueOrDefault<string>() is { } shell && !Shells.ContainsKey(shell))
                argument.AddError($"'{shell}' is no shell that is known here: bash, zsh or fish.");
        });
        Add(_shell);
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        terminal.Output.Write(Shells[line.GetValue(_shell)!](CompletionNode.Of((RootCommand)line.RootCommandResult.Command)));
        return ExitCode.Success;
    }
}
