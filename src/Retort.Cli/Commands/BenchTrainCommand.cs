using System.CommandLine;
using System.Globalization;
using Retort.Cli.Json;
using Retort.Cli.Progress;
using Retort.Distillation;
using Retort.Training.Benchmarks;
using Retort.Training.Recipes;
using Retort.Vision.Models;
using Spectre.Console;

namespace Retort.Cli.Commands;

/// <summary><c>retort bench train</c>: images a second of a distillation, and where the time goes.</summary>
internal sealed class BenchTrainCommand : CliCommand
{
    internal const string Example = "retort bench train --teacher resnet20 --student resnet8 --method kd --batches 20";

    // What others may use of the cores before the figures are not worth much.
    private const double Disturbing = 0.2;

    private readonly Option<string?> _teacher = new("--teacher") { Description = "Model of the teacher. Default: none, the student learns labels alone.", HelpName = "name" };
    private readonly Option<string> _student = new("--student") { Description = "Model of the student.", HelpName = "name", Required = true };
    private readonly Option<string> _method = new("--method") { Description = "The method, with its default options.", HelpName = "name", DefaultValueFactory = _ => "kd" };
    private readonly Option<int> _batch = new("--batch") { Description = "Images of a batch.", HelpName = "images", DefaultValueFactory = _ => 64 };
    private readonly Option<int> _batches = new("--batches") { Description = "Batches to measure, after 10 that do not count.", HelpName = "batches", DefaultValueFactory = _ => 50 };
    private readonly Option<string> _data = new("--data") { Description = "An image folder, or \"synthetic\".", HelpName = "folder", DefaultValueFactory = _ => "synthetic" };
    private readonly Option<Precision> _precision = new("--precision") { Description = "auto, fp32 or bf16.", DefaultValueFactory = _ => Precision.Auto };
    private readonly Option<int> _threads = new("--threads") { Description = "Threads; 0: all cores.", HelpName = "threads", DefaultValueFactory = _ => 0 };
    private readonly DeviceOption _device = new();
    private readonly JsonOption _json = new();

    public BenchTrainCommand()
        : base(
            "train", "Measure the images a second of a distillation, where the time goes, and how near that is to what the machine can do.",
            Example,
            "retort bench train --student resnet8 --batches 20 --precision fp32 --threads 1   # from labels alone",
            "retort bench train --teacher resnet20 --student resnet8 --method at --batches 20 --data data/cifar10 --batch 8")
    {
        _teacher.CompletionSources.Add(_ => ModelRegistry.Default.Entries.Select(entry => entry.Name));
        _student.CompletionSources.Add(_ => ModelRegistry.Default.Entries.Select(entry => entry.Name));
        _method.CompletionSources.Add(_ => MethodRegistry.Default.Entries.Select(entry => entry.Name));
        _data.CompletionSources.Add("synthetic");
        _precision.CompletionSources.Clear(); // names as C# writes them
        _precision.CompletionSources.Add("auto", "fp32", "bf16");
        foreach (Option<int> count in (Option<int>[])[_batch, _batches])
        {
            count.Validators.Add(option =>
            {
                if (option.GetValueOrDefault<int>() < 1)
                    option.AddError($"{count.Name} takes 1 or more.");
            });
        }

        Add(_teacher);
        Add(_student);
        Add(_method);
        Add(_batch);
        Add(_batches);
        Add(_data);
        Add(_precision);
        Add(_threads);
        Add(_device);
        Add(_json);
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        var benchmark = new TrainingBenchmark
        {
            Teacher = line.GetValue(_teacher), Student = line.GetValue(_student)!, Method = line.GetValue(_method)!, Batch = line.GetValue(_batch),
            Batches = line.GetValue(_batches), Precision = line.GetValue(_precision), Threads = line.GetValue(_threads), Device = _device.Of(line),
            Data = line.GetValue(_data) is var folder and not "synthetic"
                ? new FolderDataOptions { Path = folder!, Normalization = new NormalizationOptions { Preset = "cifar10" } }
                : new SyntheticDataOptions(),
        };
        bool json = line.GetValue(_json);
        BenchmarkResult result = ProgressDisplay.Show(json ? terminal.Aside : terminal, observer => benchmark.Run(observer, interrupt));
        if (json)
            JsonOutput.Write(terminal, Describe(result));
        else
            Print(terminal, result);
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
            $"{result.ImagesPerSecond:N0} images/s in {result.ComputedIn}, threads: {result.Threads}; {result.FlopsPerSecond / 1e9:N0} of {result.PeakFlopsPerSecond / 1e9:N0} GFLOP/s that a convolution reaches "
            + $"({result.FlopsPerSecond / result.PeakFlopsPerSecond:P0}); peak of tensors {result.PeakBytes / 1e6:N0} MB"));
        var table = new Table().Border(TableBorder.Simple).AddColumn("part").AddColumn(new TableColumn("share").RightAligned());
        foreach (BenchmarkPart part in result.Parts)
            table.AddRow(part.Name, part.Share.ToString("P1", CultureInfo.InvariantCulture));
        terminal.Console.Write(table);
        if (result.OtherLoad > Disturbing)
        {
            terminal.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"Warning: other processes used {result.OtherLoad:F1} cores meanwhile, so this says little: measure on a quiet machine."));
        }
    }
}
