using System.CommandLine;
using Retort.Cli.Json;
using Retort.Cli.Progress;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Reports;
using Retort.Vision.Models;
using Spectre.Console;

namespace Retort.Cli.Commands;

/// <summary><c>retort list models</c>: names, sizes and taps, counted from the networks themselves.</summary>
internal sealed class ListModelsCommand : CliCommand
{
    private readonly Argument<string[]> _names = new("model") { Description = "Only these models. Default: all.", HelpName = "model" };

    private readonly Option<int?> _classes = new("--classes")
    {
        Description = "Number of classes; default: 100, and 1000 for models of 224 pixels.",
    };

    private readonly PluginOption _plugins = new();
    private readonly JsonOption _json = new();

    public ListModelsCommand()
        : base("models", "List the models with parameters, multiply-accumulates and taps.", "retort list models resnet20 resnet8", "retort list models resnet8 --classes 10 --json")
    {
        _names.CompletionSources.Add(_ => ModelRegistry.Default.Entries.Select(entry => entry.Name));
        Add(_names);
        Add(_classes);
        Add(_plugins);
        Add(_json);
        _classes.Validators.Add(option =>
        {
            if (option.GetValueOrDefault<int?>() < 1)
                option.AddError("--classes must be at least 1.");
        });
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        ModelRegistry known = _plugins.Of(line).Models;
        ModelEntry[] entries = [.. line.GetValue(_names) is { Length: > 0 } names ? names.Select(known.Find) : known.Entries];
        bool json = line.GetValue(_json);
        // A list is piped into other programs: it alone goes to the output.
        List<Model> models = ProgressDisplay.ShowIfLong(json || !terminal.Abilities.Live ? terminal.Aside : terminal, observer =>
        {
            List<Model> measured = [];
            foreach (ModelEntry entry in entries)
            {
                observer.Preparing("counting parameters and multiply-accumulates", measured.Count, entries.Length);
                measured.Add(Measure(entry, line.GetValue(_classes) ?? entry.UsualClasses, interrupt));
            }

            return measured;
        });
        if (json)
        {
            JsonOutput.Write(terminal, models);
            return ExitCode.Success;
        }

        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey)
            .AddColumn("model", c => c.NoWrap()).AddColumn("parameters", c => c.RightAligned().NoWrap())
            .AddColumn("MACs", c => c.RightAligned().NoWrap()).AddColumn("image", c => c.RightAligned().NoWrap()).AddColumn("taps");
        foreach (Model model in models)
        {
            table.AddRow(
                new Text(model.Name), new Text($"{model.Parameters:N0}"), new Text(Figures.Count(model.Macs)), new Text($"{model.ImageSize}²"),
                new Text(string.Join(" ", model.Taps)));
        }

        terminal.Console.Write(table);
        return ExitCode.Success;
    }

    private static Model Measure(ModelEntry entry, int classes, CancellationToken interrupt)
    {
        interrupt.ThrowIfCancellationRequested();
        using Network network = entry.Create(classes);
        NetworkCost cost = NetworkCost.Measure(network, entry.ImageSize, entry.ImageSize, Device.Cpu);
        return new Model(entry.Name, classes, cost.Parameters, cost.Macs, entry.ImageSize, network.TapNames);
    }

    private sealed record Model(string Name, int Classes, long Parameters, long Macs, int ImageSize, IReadOnlyList<string> Taps);
}
