using System.CommandLine;
using Retort.Cli.Json;
using Retort.Distillation;
using Spectre.Console;

namespace Retort.Cli.Commands;

/// <summary><c>retort list methods</c>.</summary>
internal sealed class ListMethodsCommand : CliCommand
{
    private readonly PluginOption _plugins = new();
    private readonly JsonOption _json = new();

    public ListMethodsCommand()
        : base("methods", "List the distillation methods; `retort show METHOD` tells more.", "retort list methods")
    {
        Add(_plugins);
        Add(_json);
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        IReadOnlyCollection<MethodEntry> methods = _plugins.Of(line).Methods.Entries;
        if (line.GetValue(_json))
        {
            JsonOutput.Write(terminal, methods.Select(
                entry => new { entry.Name, entry.Title, entry.Paper, Matches = entry.Summary, entry.TrainsTeacher }));
            return ExitCode.Success;
        }

        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey)
            .AddColumn("method", c => c.NoWrap()).AddColumn("name", c => c.NoWrap()).AddColumn("matches").AddColumn("paper", c => c.NoWrap());
        foreach (MethodEntry entry in methods)
            table.AddRow(new Text(entry.Name), new Text(entry.Title), new Text(entry.Summary), new Text(entry.Paper));
        terminal.Console.Write(table);
        return ExitCode.Success;
    }
}
