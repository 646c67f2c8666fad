namespace Retort.Cli.Commands;

/// <summary><c>retort data</c>: what there is to train on.</summary>
internal sealed class DataCommand() : CliCommand("data", "Look into data sets.", "retort data info recipes/demo.yaml")
{
    public override IReadOnlyList<CliCommand> Inner { get; } = [new DataInfoCommand()];
}
