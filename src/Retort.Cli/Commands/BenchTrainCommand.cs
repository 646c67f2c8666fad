using System.CommandLine;
using Retort.Distillation;
using Retort.Training.Benchmarks;
using Retort.Training.Parts;
using Retort.Vision.Models;

namespace Retort.Cli.Commands;

/// <summary><c>retort bench train</c>: images a second of a distillation, and where the time goes.</summary>
internal sealed class BenchTrainCommand : CliCommand
{
    internal const string Example = "retort bench train --teacher resnet20 --student resnet8 --method kd --batches 20";

    private readonly Option<string?> _teacher = new("--teacher") { Description = "Model of the teacher. Default: none, the student learns labels alone.", HelpName = "name" };
    private readonly Option<string> _student = new("--student") { Description = "Model of the student.", HelpName = "name", Required = true };
    private readonly Option<string> _method = new("--method") { Description = "The method, with its default options.", HelpName = "name", DefaultValueFactory = _ => "kd" };
    private readonly Option<int> _batch = BenchmarkOptions.Count("--batch", "Images of a batch.", "images", 64);
    private readonly Option<int> _batches = BenchmarkOptions.Count("--batches", "Batches to measure, after 10 that do not count.", "batches", 50);
    private readonly Option<int> _classes = BenchmarkOptions.Count(
        "--classes", "Classes that the networks tell apart, where that is more than the data's.", "classes", usual: 0, least: 0);

    private readonly BenchmarkOptions _common = new();

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
        Add(_teacher);
        Add(_student);
        Add(_method);
        Add(_batch);
        Add(_batches);
        Add(_classes);
        _common.AddTo(this);
        Validators.Add(line =>
        {
            if (line.GetResult(_method) is { Implicit: false } && line.GetResult(_teacher) is null)
                line.AddError("--method needs --teacher: without one the student learns labels alone.");
        });
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        Plugins plugins = _common.PluginsOf(line);
        var benchmark = new TrainingBenchmark
        {
            Teacher = line.GetValue(_teacher), Student = line.GetValue(_student)!, Method = line.GetValue(_method)!, Batch = line.GetValue(_batch),
            Batches = line.GetValue(_batches), Classes = line.GetValue(_classes), Data = _common.DataOf(line), Precision = _common.PrecisionOf(line),
            Threads = _common.ThreadsOf(line), Device = _common.DeviceOf(line), Methods = plugins.Methods, Models = plugins.Models,
        };
        return _common.Report(line, terminal, observer => benchmark.Run(observer, interrupt));
    }
}
