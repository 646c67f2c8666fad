namespace Retort.Cli.Commands;

/// <summary><c>retort data</c>: what there is to train on.</summary>
internal sealed class DataCommand() : CliCommand(
    "data", "Fetch and make data sets, and look into them.", "retort data fetch cifar10", "retort data info recipes/demo.yaml",
    "retort data make data/shapes --train-images 500 --test-images 100")
{
    public override IReadOnlyList<CliCommand> Inner { get; } = [new DataFetchCommand(), new DataInfoCommand(), new DataMakeCommand()];
}
