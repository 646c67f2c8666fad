using System.CommandLine;
using Retort.Training.Parts;
using Retort.Training.Recipes;
using Retort.Training.Runs;

namespace Retort.Cli.Commands;

/// <summary><c>retort recipe schema</c>: what an editor needs to complete and check recipes.</summary>
internal sealed class RecipeSchemaCommand : CliCommand
{
    private readonly Option<string?> _output = new("--output", "-o") { Description = "The file to write. Default: the terminal.", HelpName = "file" };
    private readonly PluginOption _plugins = new();

    public RecipeSchemaCommand()
        : base(
            "schema", "Write the JSON schema of recipes, with which an editor completes and checks them.",
            "retort recipe schema -o retort.schema.json")
    {
        Add(_output);
        Add(_plugins);
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        Plugins plugins = _plugins.Of(line);
        string schema = RecipeSchema.Write(plugins.Methods, plugins.Models, plugins.Options);
        if (line.GetValue(_output) is { } file)
            AtomicFile.WriteText(file, schema);
        else
            terminal.Output.Write(schema);
        return ExitCode.Success;
    }
}
