using System.CommandLine;
using Retort.Cli.Json;
using Retort.Training.Parts;
using Retort.Training.Recipes;

namespace Retort.Cli.Commands;

/// <summary><c>retort recipe check</c>: what would stop a run, without training.</summary>
internal sealed class RecipeCheckCommand : CliCommand
{
    private readonly Argument<string> _recipe = new("recipe") { Description = "A recipe, as recipes/demo.yaml." };
    private readonly SetOption _set = new();
    private readonly PluginOption _plugins = new();
    private readonly JsonOption _json = new();

    public RecipeCheckCommand()
        : base(
            "check", "Check a recipe without training: keys, models, methods, taps and shapes, data and checkpoint. 0 all well, 2 not.",
            "retort recipe check recipes/demo.yaml",
            "retort recipe check recipes/demo.yaml --set student.model=resnet14")
    {
        Add(_recipe);
        Add(_set);
        Add(_plugins);
        Add(_json);
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        string path = line.GetValue(_recipe)!;
        Plugins plugins = _plugins.Of(line);
        IReadOnlyList<string> problems = RecipeCheck.Problems(path, _set.Of(line), plugins.Methods, plugins.Models, plugins.Options);
        bool json = line.GetValue(_json);
        if (json)
            JsonOutput.Write(terminal, new { Recipe = path, Problems = problems });
        if (problems.Count > 0)
        {
            throw new RetortException(
                problems.Count == 1 ? problems[0] : $"{problems.Count} things are wrong with {path}:\n  {string.Join("\n  ", problems)}") { WrongUse = true };
        }

        if (!json)
            terminal.Output.WriteLine($"{path}: nothing is wrong.");
        return ExitCode.Success;
    }
}
