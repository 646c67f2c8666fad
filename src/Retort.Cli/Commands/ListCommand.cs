namespace Retort.Cli.Commands;

/// <summary><c>retort list</c>: what recipes can name.</summary>
internal sealed class ListCommand() : CliCommand(
    "list", "List what recipes can name.", "retort list models resnet20 resnet8", "retort list methods", "retort list datasets", "retort list normalizations")
{
    public override IReadOnlyList<CliCommand> Inner { get; } =
        [new ListModelsCommand(), new ListMethodsCommand(), new ListDatasetsCommand(), new ListNormalizationsCommand()];
}
