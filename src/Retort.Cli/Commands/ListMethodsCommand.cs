using System.CommandLine;
using Retort.Cli.Json;
using Retort.Distillation;
using Spectre.Console;

namespace Retort.Cli.Commands;

/// <summary><c>retort list methods</c>.</summary>
internal sealed class ListMethodsCommand : CliCommand
{
    private readonly JsonOption _json = new();

    public ListMethodsCommand()
        : base("methods", "List the distillation methods; `retort show METHOD` tells more.", "retort list methods") => Add(_json);

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        if (line.GetValue(_json))
        {
            JsonOutput.Write(terminal, MethodRegistry.Default.Entries.Select(
                entry => new { entry.Name, entry.Title, entry.Paper, Matches = entry.Summary, entry.TrainsTeacher }));
            return ExitCode.Success;
        }

        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey)
            .AddColumn("method", c => c.NoWrap()).AddColumn("name", c => c.NoWrap()).AddColumn("matches").AddColumn("paper", c => c.NoWrap());
        foreach (MethodEntry entry in MethodRegistry.Default.Entries)
            table.AddRow(new Text(entry.Name), new Text(entry.Title), new Text(entry.Summary), new Text(entry.Paper));
        terminal.Console.Write(table);
        return ExitCode.Success;
    }
}
