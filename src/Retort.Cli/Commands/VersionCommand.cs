using System.CommandLine;
using Retort.Cli.Json;
using Retort.Torch;
using Retort.Training.Reports;
using Spectre.Console;

namespace Retort.Cli.Commands;

/// <summary><c>retort version</c>: what a bug report should say about the machine.</summary>
internal sealed class VersionCommand : CliCommand
{
    private readonly JsonOption _json = new();

    public VersionCommand()
        : base("version", "Print the versions of Retort and of what it runs on.", "retort version", "retort --version   # the number alone") => Add(_json);

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        if (line.GetValue(_json))
        {
            JsonOutput.Write(terminal, new { Retort = VersionLine.Number, Machine = Facts().ToDictionary(fact => Key(fact.Key), fact => fact.Value) });
            return ExitCode.Success;
        }

        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        grid.AddRow(new Text("Retort"), new Text(VersionLine.Number));
        foreach ((string name, string value) in Facts())
        {
            grid.AddRow(new Text(name), new Text(value));
        }

        terminal.Console.Write(grid);
        return ExitCode.Success;
    }

    private static IEnumerable<KeyValuePair<string, string>> Facts() =>
        MachineFacts.Read().Append(new("libtorch", TorchRuntime.CompiledVersion ?? "no bridge to it beside the program"));

    private static string Key(string fact) => fact.ToLowerInvariant().Replace(".net", "dotnet", StringComparison.Ordinal);
}
