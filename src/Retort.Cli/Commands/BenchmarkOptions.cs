using System.CommandLine;
using System.Globalization;
using Retort.Cli.Json;
using Retort.Cli.Progress;
using Retort.Torch;
using Retort.Training.Benchmarks;
using Retort.Training.Parts;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Spectre.Console;

namespace Retort.Cli.Commands;

/// <summary>What the benchmarks take alike, and how their result is told.</summary>
internal sealed class BenchmarkOptions
{
    // What others may use of the cores before the figures are not worth much.
    private const double Disturbing = 0.2;

    private readonly DataOption _data = new("Images") { DefaultValueFactory = _ => DataOption.Synthetic };
    private readonly PrecisionOption _precision = new();
    private readonly Option<int> _threads = Count("--threads", "Threads; 0: all cores.", "threads", usual: 0, least: 0);
    private readonly PluginOption _plugins = new();
    private readonly DeviceOption _device = new();
    private readonly JsonOption _json = new();

    public void AddTo(CliCommand command)
    {
        command.Add(_data);
        command.Add(_precision);
        command.Add(_threads);
        command.Add(_plugins);
        command.Add(_device);
        command.Add(_json);
    }

    /// <summary>An option that takes a whole number, of 1 or more where nothing else is said.</summary>
    public static Option<int> Count(string name, string description, string unit, int usual, int least = 1)
    {
        Option<int> count = new(name) { Description = description, HelpName = unit, DefaultValueFactory = _ => usual };
        count.Validators.Add(option =>
        {
            if (option.GetValueOrDefault<int>() < least)
                option.AddError($"{name} takes {least} or more.");
        });
        return count;
    }

    // With any normalisation: that of the images would have to be measured first.
    public DataOptions DataOf(ParseResult line) => _data.Of(line)! with { Normalization = new NormalizationOptions { Preset = "cifar10" } };

    public Precision PrecisionOf(ParseResult line) => _precision.Of(line);

    public int ThreadsOf(ParseResult line) => line.GetValue(_threads);

    public Plugins PluginsOf(ParseResult line) => _plugins.Of(line);

    public Device DeviceOf(ParseResult line) => _device.Of(line);

    /// <summary>Measures, and prints what came of it.</summary>
    public int Report(ParseResult line, Terminal terminal, Func<ITrainingObserver, BenchmarkResult> measure)
    {
        bool json = line.GetValue(_json);
        BenchmarkResult result = ProgressDisplay.Show(json ? terminal.Aside : terminal, measure);
        if (json)
            JsonOutput.Write(terminal, Describe(result));
        else
            Print(terminal, result);
        if (result.OtherLoad > Disturbing)
        {
            (json ? terminal.Error : terminal.Output).WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"Warning: other processes used {result.OtherLoad:F1} cores meanwhile, so this says little: measure on a quiet machine."));
        }

        return ExitCode.Success;
    }

    private static object Describe(BenchmarkResult result) => new
    {
        result.ImagesPerSecond, Parts = result.Parts.ToDictionary(part => part.Name, part => part.Share), result.PeakBytes, result.FlopsPerSecond,
        result.PeakFlopsPerSecond, result.OtherLoad, result.ComputedIn, result.Threads,
    };

    private static void Print(Terminal terminal, BenchmarkResult result)
    {
        terminal.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.ImagesPerSecond:N0} images/s in {result.ComputedIn}, threads: {result.Threads}; {result.FlopsPerSecond / 1e9:N0} GFLOP/s, counted as libtorch's convolutions, which reach {result.PeakFlopsPerSecond / 1e9:N0} "
            + $"({result.FlopsPerSecond / result.PeakFlopsPerSecond:P0}); peak of tensors {result.PeakBytes / 1e6:N0} MB"));
        if (result.Parts.Count > 0)
        {
            var table = new Table().Border(TableBorder.Simple).AddColumn("part").AddColumn(new TableColumn("share").RightAligned());
            foreach (BenchmarkPart part in result.Parts)
                table.AddRow(part.Name, part.Share.ToString("P1", CultureInfo.InvariantCulture));
            terminal.Console.Write(table);
        }
    }
}
