using System.CommandLine;
using Retort.Distillation.Options;
using Retort.Training.Recipes;
using Spectre.Console;

namespace Retort.Cli.Commands;

/// <summary><c>retort list datasets</c>: the kinds of data that a recipe can name, with their options.</summary>
internal sealed class ListDatasetsCommand() : CliCommand(
    "datasets", "List the kinds of data that a recipe's 'data' can name.", "retort list datasets")
{
    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey)
            .AddColumn("kind", c => c.NoWrap()).AddColumn("options");
        OptionDescription data = OptionsSchema.Describe(typeof(Recipe)).Single(option => option.ValueType == typeof(DataOptions));
        foreach ((string kind, IReadOnlyList<OptionDescription> options) in data.Variants)
            table.AddRow(new Text(kind), new Text(string.Join(", ", options.Where(o => o.Key != data.VariantKey).Select(o => o.Key))));
        terminal.Console.Write(table);
        return ExitCode.Success;
    }
}
