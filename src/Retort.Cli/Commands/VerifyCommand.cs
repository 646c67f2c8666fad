using System.CommandLine;
using Retort.Cli.Json;
using Retort.Cli.Progress;
using Retort.Training.Parts;
using Retort.Training.Verification;

namespace Retort.Cli.Commands;

/// <summary><c>retort verify</c>: compares losses, gradients, networks and training with reference figures.</summary>
internal sealed class VerifyCommand : CliCommand
{
    private readonly Argument<string[]> _paths = new("file-or-folder")
    {
        Description = "Golden cases (.safetensors), or folders to search for them.", Arity = ArgumentArity.OneOrMore,
    };

    private readonly PluginOption _plugins = new();
    private readonly JsonOption _json = new();

    public VerifyCommand()
        : base(
            "verify", "Check losses, gradients, models and training against golden cases: 0 all pass, 1 one fails, 2 one is unknown or unreadable.",
            "retort verify golden   # a folder of cases",
            "retort verify golden/kd-temperature-4.safetensors --json")
    {
        Add(_paths);
        Add(_plugins);
        Add(_json);
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        Plugins plugins = _plugins.Of(line);
        bool json = line.GetValue(_json);
        VerificationReport report = ProgressDisplay.ShowIfLong(json ? terminal.Aside : terminal, observer =>
        {
            var verifier = new Verifier(plugins.Methods, plugins.Models) { Progress = (done, total) => observer.Preparing("verifying", done, total) };
            return verifier.Verify(line.GetValue(_paths)!, interrupt);
        });
        if (json)
            JsonOutput.Write(terminal, VerificationJson.Of(report));
        else
            VerificationTable.Write(terminal.Console, report);
        return report.Verdict switch
        {
            Verdict.Passed => ExitCode.Success,
            Verdict.Failed => ExitCode.Failure,
            _ => ExitCode.WrongUse,
        };
    }
}
