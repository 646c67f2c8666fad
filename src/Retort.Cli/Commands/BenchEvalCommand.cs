using System.CommandLine;
using Retort.Training.Benchmarks;
using Retort.Vision.Models;

namespace Retort.Cli.Commands;

/// <summary><c>retort bench eval</c>: images a second of an evaluation.</summary>
internal sealed class BenchEvalCommand : CliCommand
{
    private readonly Option<string> _model = new("--model") { Description = "Model of the network.", HelpName = "name", Required = true };
    private readonly Option<int> _images = BenchmarkOptions.Count("--images", "Test images to evaluate; all where there are fewer.", "images", 10_000);
    private readonly BenchmarkOptions _common = new();

    public BenchEvalCommand()
        : base(
            "eval", "Measure the images a second of an evaluation, from images in memory to accuracy, and how near that is to what the machine can do.",
            "retort bench eval --model resnet20",
            "retort bench eval --model resnet8 --data data/cifar10 --images 1000 --precision fp32 --threads 1")
    {
        _model.CompletionSources.Add(_ => ModelRegistry.Default.Entries.Select(entry => entry.Name));
        Add(_model);
        Add(_images);
        _common.AddTo(this);
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        var benchmark = new EvaluationBenchmark
        {
            Model = line.GetValue(_model)!, Images = line.GetValue(_images), Data = _common.DataOf(line), Precision = _common.PrecisionOf(line),
            Threads = _common.ThreadsOf(line), Device = _common.DeviceOf(line), Models = _common.PluginsOf(line).Models,
        };
        return _common.Report(line, terminal, observer => benchmark.Run(observer, interrupt));
    }
}
