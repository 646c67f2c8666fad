namespace Retort.Cli.Commands;

/// <summary><c>retort data</c>: what there is to train on.</summary>
internal sealed class DataCommand() : CliCommand(
    "data", "Fetch data sets, and look into them.", "retort data fetch cifar10", "retort data info recipes/demo.yaml")
{
    public override IReadOnlyList<CliCommand> Inner { get; } = [new DataFetchCommand(), new DataInfoCommand()];
}
