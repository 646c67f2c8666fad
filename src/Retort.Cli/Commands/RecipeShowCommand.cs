using System.CommandLine;
using Retort.Cli.Json;
using Retort.Distillation.Options;
using Retort.Training.Recipes;

namespace Retort.Cli.Commands;

/// <summary><c>retort recipe show</c>: a recipe with all that it extends, that was set, and that is left to defaults.</summary>
internal sealed class RecipeShowCommand : CliCommand
{
    private readonly Argument<string> _recipe = new("recipe") { Description = "A recipe, as recipes/demo.yaml." };
    private readonly SetOption _set = new();
    private readonly PluginOption _plugins = new();
    private readonly JsonOption _json = new();

    public RecipeShowCommand()
        : base(
            "show", "Print a recipe in full, as a recipe: what it extends, what is set, defaults.",
            "retort recipe show recipes/cifar10/nst-kd.yaml",
            "retort recipe show recipes/demo.yaml --set train.epochs=20 > mine.yaml")
    {
        Add(_recipe);
        Add(_set);
        Add(_plugins);
        Add(_json);
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        Recipe recipe = Recipe.Load(line.GetValue(_recipe)!, _set.Of(line), _plugins.Of(line).Options);
        if (line.GetValue(_json))
            JsonOutput.Write(terminal, OptionsWriter.Write(recipe).ToJson()!);
        else
            terminal.Output.Write(recipe.ToYaml());
        return ExitCode.Success;
    }
}
