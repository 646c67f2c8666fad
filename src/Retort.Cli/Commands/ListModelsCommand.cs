using System.CommandLine;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Reports;
using Retort.Vision.Models;
using Spectre.Console;

namespace Retort.Cli.Commands;

/// <summary><c>retort list models</c>: names, sizes and taps, counted from the networks themselves.</summary>
internal sealed class ListModelsCommand : CliCommand
{
    private readonly Option<int?> _classes = new("--classes")
    {
        Description = "Number of classes; default: 100, and 1000 for models of 224 pixels.",
    };

    public ListModelsCommand()
        : base("models", "List the models with parameters, multiply-accumulates and taps.", "retort list models", "retort list models --classes 10")
    {
        Add(_classes);
        _classes.Validators.Add(option =>
        {
            if (option.GetValueOrDefault<int?>() < 1)
                option.AddError("--classes must be at least 1.");
        });
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey)
            .AddColumn("model", c => c.NoWrap()).AddColumn("parameters", c => c.RightAligned().NoWrap())
            .AddColumn("MACs", c => c.RightAligned().NoWrap()).AddColumn("image", c => c.RightAligned().NoWrap()).AddColumn("taps");
        foreach (ModelEntry entry in ModelRegistry.Default.Entries)
        {
            interrupt.ThrowIfCancellationRequested();
            using Network network = entry.Create(line.GetValue(_classes) ?? entry.UsualClasses);
            NetworkCost cost = NetworkCost.Measure(network, entry.ImageSize, entry.ImageSize, Device.Cpu);
            table.AddRow(
                new Text(entry.Name), new Text($"{cost.Parameters:N0}"), new Text(Figures.Count(cost.Macs)), new Text($"{entry.ImageSize}²"),
                new Text(string.Join(" ", network.TapNames)));
        }

        terminal.Console.Write(table);
        return ExitCode.Success;
    }
}
