using System.CommandLine;
using Retort.Cli.Json;
using Retort.Cli.Progress;
using Retort.Training.Checkpoints;
using Retort.Training.Runs;
using Retort.Vision.Models;

namespace Retort.Cli.Commands;

/// <summary><c>retort inspect</c>: what a file of saved tensors holds, and whether a model takes it.</summary>
internal sealed class InspectCommand : CliCommand
{
    private readonly Argument<string> _checkpoint = new("checkpoint") { Description = "A .safetensors, .pth or .pt file, an index of shards, a checkpoint's folder, or a run's. TorchScript is a program that runs when it is loaded: only from who you trust." };
    private readonly Option<string?> _model = new("--model") { Description = "Compare with a model: what matches, is missing or unexpected. 0 all matches, 1 not.", HelpName = "name" };
    private readonly WeightsOptions _weights = new();
    private readonly PluginOption _plugins = new();
    private readonly JsonOption _json = new();

    public InspectCommand()
        : base(
            "inspect", "List the tensors of a checkpoint, and compare them with a model's.",
            "retort inspect resnet20.pth",
            "retort inspect resnet20.pth --model resnet20",
            "retort inspect runs/cifar10-resnet20/student.safetensors --model resnet20 --rename '^linear=fc' --json")
    {
        _model.CompletionSources.Add(_ => ModelRegistry.Default.Entries.Select(entry => entry.Name));
        Add(_checkpoint);
        Add(_model);
        _weights.AddTo(this);
        Add(_plugins);
        Add(_json);
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        string path = FinishedRun.Find(line.GetValue(_checkpoint)!)?.StudentFile ?? line.GetValue(_checkpoint)!;
        string? model = line.GetValue(_model);
        CheckpointInspection inspection = CheckpointInspection.Read(path, _weights.Of(line), model, _plugins.Of(line).Models);
        if (line.GetValue(_json))
            JsonOutput.Write(terminal, InspectionJson.Of(path, inspection, model));
        else
            InspectionTable.Write(terminal, path, inspection, model);
        return inspection.Comparison is { Fits: false } ? ExitCode.Failure : ExitCode.Success;
    }
}
