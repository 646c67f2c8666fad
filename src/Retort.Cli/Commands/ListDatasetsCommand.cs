using System.CommandLine;
using System.Reflection;
using Retort.Cli.Json;
using Retort.Distillation.Options;
using Retort.Training.Recipes;
using Spectre.Console;

namespace Retort.Cli.Commands;

/// <summary><c>retort list datasets</c>: the kinds of data that a recipe can name, with their options.</summary>
internal sealed class ListDatasetsCommand : CliCommand
{
    private readonly PluginOption _plugins = new();
    private readonly JsonOption _json = new();

    public ListDatasetsCommand()
        : base("datasets", "List the kinds of data that a recipe's 'data' can name.", "retort list datasets")
    {
        Add(_plugins);
        Add(_json);
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        OptionDescription data = OptionsSchema.Describe(typeof(Recipe)).Single(option => option.ValueType == typeof(DataOptions));
        var own = _plugins.Of(line).Options.Select(type => KeyValuePair.Create(type.GetCustomAttribute<OptionVariantNameAttribute>()!.Name, OptionsSchema.Describe(type)));
        var kinds = data.Variants.Concat(own).Select(variant => (Name: variant.Key, Options: variant.Value.Where(option => option.Key != data.VariantKey)));
        if (line.GetValue(_json))
        {
            JsonOutput.Write(terminal, kinds.Select(kind => new { Kind = kind.Name, Options = kind.Options.Select(OptionJson.Of) }));
            return ExitCode.Success;
        }

        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey)
            .AddColumn("kind", c => c.NoWrap()).AddColumn("options");
        foreach ((string name, IEnumerable<OptionDescription> options) in kinds)
            table.AddRow(new Text(name), new Text(string.Join(", ", options.Select(option => option.Key))));
        terminal.Console.Write(table);
        return ExitCode.Success;
    }
}
