using System.CommandLine;
using Retort.Cli.Json;
using Retort.Cli.Progress;
using Retort.Torch.Serialization;
using Retort.Training;
using Retort.Training.Checkpoints;
using Retort.Training.Evaluation;
using Retort.Training.Parts;
using Retort.Training.Recipes;
using Retort.Training.Runs;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

namespace Retort.Cli.Commands;

/// <summary><c>retort eval</c>: measures saved weights on the test images of a data set.</summary>
internal sealed class EvalCommand : CliCommand
{
    private readonly Argument<string> _checkpoint = new("checkpoint") { Description = "A .safetensors or .pth file, a checkpoint's folder, or a run's." };
    private readonly Option<string?> _recipe = new("--recipe") { Description = "Take data and normalisation from a recipe.", HelpName = "file" };
    private readonly DataOption _data = new("Images to measure on");
    private readonly Option<string?> _model = new("--model") { Description = "Model name, where the file does not say it (.pth).", HelpName = "name" };
    private readonly Option<string?> _normalization = new("--normalization") { Description = "Preset of mean and deviation, where the file does not say it.", HelpName = "name" };
    private readonly WeightsOptions _weights = new();
    private readonly PluginOption _plugins = new();
    private readonly PrecisionOption _precision = new();
    private readonly DeviceOption _device = new();
    private readonly JsonOption _json = new();

    public EvalCommand()
        : base(
            "eval", "Measure a checkpoint: top-1, top-5, accuracy per class, what is taken for what, images a second.",
            "retort eval runs/demo   # the run's student, on its own test images",
            "retort eval runs/demo/student.safetensors --data synthetic",
            "retort eval runs/cifar10-resnet20/checkpoints/best --data data/cifar10",
            "retort eval resnet20.pth --model resnet20 --data data/cifar10 --normalization repdistiller")
    {
        _model.CompletionSources.Add(_ => ModelRegistry.Default.Entries.Select(entry => entry.Name));
        _normalization.CompletionSources.Add(_ => Normalization.Presets.Keys);
        Add(_checkpoint);
        Add(_data);
        Add(_recipe);
        Add(_model);
        Add(_normalization);
        _weights.AddTo(this);
        Add(_plugins);
        Add(_precision);
        Add(_device);
        Add(_json);
        Validators.Add(line =>
        {
            int named = (line.GetValue(_data) is null ? 0 : 1) + (line.GetValue(_recipe) is null ? 0 : 1);
            bool hasNone = line.GetResult(_checkpoint) is { Tokens: [var checkpoint, ..] } && Path.Exists(checkpoint.Value) && !FinishedRun.IsRun(checkpoint.Value);
            if (named > 1 || (named == 0 && hasNone)) // a path that is missing is told by itself
                line.AddError("Name the images with --data, or with the recipe that has them with --recipe.");
        });
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        Plugins plugins = _plugins.Of(line);
        FinishedRun? run = FinishedRun.Find(line.GetValue(_checkpoint)!);
        string checkpoint = run?.StudentFile ?? line.GetValue(_checkpoint)!;
        StateDictOptions weights = _weights.Of(line);
        NetworkCard? card = CheckpointLoader.CardOf(checkpoint, weights);
        int? size = card?.ImageSize ?? (line.GetValue(_model) is { } model ? plugins.Models.Find(model).ImageSize : null);
        DataOptions data = _data.Of(line, size, card?.Resize)
            ?? Recipe.Load(line.GetValue(_recipe) ?? run!.RecipeFile, variants: plugins.Options).Data;
        if (line.GetValue(_normalization) is { } preset)
            data = data with { Normalization = new NormalizationOptions { Preset = preset } };
        Compute compute = Compute.Choose(_precision.Of(line), _device.Of(line));
        var evaluation = new CheckpointEvaluation(checkpoint, data, compute)
        {
            Model = line.GetValue(_model), Models = plugins.Models, Weights = weights,
        };
        bool json = line.GetValue(_json);
        (EvaluationResult result, ImageDataset images) = ProgressDisplay.Show(json ? terminal.Aside : terminal, observer => evaluation.Run(observer, interrupt));
        if (json)
            JsonOutput.Write(terminal, EvaluationJson.Of(evaluation.Checkpoint, result, images.Classes, compute));
        else
            EvaluationTable.Write(terminal.Console, result, images.Classes, compute);
        return ExitCode.Success;
    }
}
