namespace Retort.Cli.Commands;

/// <summary><c>retort bench</c>: how fast Retort is on this machine.</summary>
internal sealed class BenchCommand() : CliCommand("bench", "Measure how fast Retort is on this machine.", BenchTrainCommand.Example)
{
    public override IReadOnlyList<CliCommand> Inner { get; } = [new BenchTrainCommand(), new BenchEvalCommand()];
}
