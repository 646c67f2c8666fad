namespace Retort.Cli.Commands;

/// <summary><c>retort recipe</c>: what helps to write recipes.</summary>
internal sealed class RecipeCommand() : CliCommand(
    "recipe", "Check recipes, show them in full, help an editor with them.",
    "retort recipe check recipes/demo.yaml", "retort recipe show recipes/cifar10/nst-kd.yaml", "retort recipe schema -o retort.schema.json")
{
    public override IReadOnlyList<CliCommand> Inner { get; } = [new RecipeCheckCommand(), new RecipeShowCommand(), new RecipeSchemaCommand()];
}
