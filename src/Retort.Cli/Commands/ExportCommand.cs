using System.CommandLine;
using System.Globalization;
using Retort.Cli.Json;
using Retort.Cli.Progress;
using Retort.Onnx;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Training.Checkpoints;
using Retort.Training.Parts;
using Retort.Training.Recipes;
using Retort.Training.Reports;
using Retort.Training.Runs;
using Retort.Vision.Augmentation;
using Retort.Vision.Models;

namespace Retort.Cli.Commands;

/// <summary><c>retort export</c>: writes saved weights as an ONNX model, or as weights in another format.</summary>
internal sealed class ExportCommand : CliCommand
{
    private const string Onnx = ".onnx";
    private const long Megabyte = 1_000_000;

    private readonly Argument<string> _checkpoint = new("checkpoint") { Description = "A .safetensors or .pth file, a checkpoint's folder, or a run's." };
    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "The file to write: NAME.onnx, or weights: NAME.pth for PyTorch, NAME.safetensors, or NAME.safetensors.index.json for several.",
        HelpName = "file", Required = true,
    };

    private readonly Option<int> _opset = new("--opset")
    {
        Description = $"Version of ONNX's operators, {ExportOptions.OldestOpset} to {ExportOptions.NewestOpset}.", DefaultValueFactory = _ => ExportOptions.NewestOpset,
    };

    private readonly Option<bool> _fold = new("--fold-bn") { Description = "Make batch norms part of the convolutions before them.", DefaultValueFactory = _ => true };
    private readonly Option<bool> _dynamic = new("--dynamic-batch") { Description = "Take any number of images at a time.", DefaultValueFactory = _ => true };
    private readonly Option<int?> _batch = new("--batch") { Description = "Take this number of images at a time only.", HelpName = "images" };
    private readonly Option<bool> _preprocessing = new("--with-preprocessing") { Description = "Normalise in the model: it takes pixels, uint8 [N, H, W, 3]." };
    private readonly Option<bool> _half = new("--half") { Description = "Weights and computation in 16 bits." };
    private readonly Option<string?> _model = new("--model") { Description = "Model name, where the file does not say it (.pth).", HelpName = "name" };
    private readonly Option<string?> _normalization = new("--normalization") { Description = "Preset of mean and deviation, where the file does not say it.", HelpName = "name" };

    private readonly Option<int> _shardSize = new("--shard-size")
    {
        Description = "Most megabytes of a file of weights beside NAME.safetensors.index.json.", HelpName = "megabytes", DefaultValueFactory = _ => 5000,
    };

    private readonly WeightsOptions _weights = new();
    private readonly PluginOption _plugins = new();
    private readonly QuantizationOptions _quantization = new();
    private readonly JsonOption _json = new();

    public ExportCommand()
        : base(
            "export", "Write a network as an ONNX model, to be run elsewhere, or its weights for PyTorch.",
            "retort export runs/demo -o student.onnx",
            "retort export runs/demo/student.safetensors -o student.onnx --with-preprocessing",
            "retort export runs/demo -o student-int8.onnx --quantize int8   # 8 bits, calibrated on the run's training images",
            "retort export resnet20.pth --model resnet20 --normalization repdistiller -o teacher.onnx",
            "retort export runs/demo -o student.pth   # for torch.load",
            "retort export runs/demo -o student.safetensors.index.json --shard-size 100   # in several files")
    {
        _opset.CompletionSources.Add([.. Enumerable.Range(ExportOptions.OldestOpset, ExportOptions.NewestOpset - ExportOptions.OldestOpset + 1).Select(opset => $"{opset}")]);
        _model.CompletionSources.Add(_ => ModelRegistry.Default.Entries.Select(entry => entry.Name));
        _normalization.CompletionSources.Add(_ => Normalization.Presets.Keys);
        Add(_checkpoint);
        Add(_output);
        Add(_opset);
        Add(_fold);
        Add(_dynamic);
        Add(_batch);
        Add(_preprocessing);
        Add(_half);
        Add(_model);
        Add(_normalization);
        _weights.AddTo(this);
        Add(_plugins);
        _quantization.AddTo(this, _checkpoint);
        Add(_shardSize);
        Add(_json);
        Option[] ofModels = [_opset, _fold, _dynamic, _batch, _preprocessing, _half];
        Validators.Add(line =>
        {
            if (line.GetResult(_output) is { Tokens: [var path] })
            {
                CheckpointFormat? format = WeightsExport.FormatOf(path.Value);
                if (format is null && !path.Value.EndsWith(Onnx, StringComparison.OrdinalIgnoreCase))
                    line.AddError($"-o takes a name that ends in {Onnx}, {string.Join(", ", WeightsExport.Endings)}, not '{path.Value}'.");
                else if (format is not null && (ofModels.FirstOrDefault(option => line.GetResult(option) is { Implicit: false }) ?? _quantization.SetOf(line)) is { } idle)
                    line.AddError($"{idle.Name} is for an ONNX model; '{path.Value}' asks for weights.");
                else if (format != CheckpointFormat.SafetensorsIndex && line.GetResult(_shardSize) is { Implicit: false })
                    line.AddError("--shard-size is for a NAME.safetensors.index.json.");
            }

            if (_quantization.IsSet(line) && (line.GetValue(_half) || (line.GetResult(_fold) is { Implicit: false } && !line.GetValue(_fold))))
                line.AddError("--quantize goes neither with --half nor without --fold-bn.");
            if (line.GetValue(_batch) < 1)
                line.AddError("--batch takes 1 or more.");
            if (line.GetResult(_batch) is not null && line.GetResult(_dynamic) is { Implicit: false } && line.GetValue(_dynamic))
                line.AddError("--batch takes one number of images only, --dynamic-batch true any: leave one of them out.");
            if (line.GetResult(_shardSize) is { Implicit: false } && line.GetValue(_shardSize) < 1)
                line.AddError("--shard-size takes 1 or more.");
        });
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        FinishedRun? run = FinishedRun.Find(line.GetValue(_checkpoint)!);
        string checkpoint = run?.StudentFile ?? line.GetValue(_checkpoint)!;
        Normalization? normalization = line.GetValue(_normalization) is { } preset
            ? new NormalizationOptions { Preset = preset }.ToNormalization()
            : null;
        Plugins plugins = _plugins.Of(line);
        (Network network, NetworkCard card) = line.GetValue(_model) is { } model
            ? CheckpointLoader.Open(checkpoint, model, normalization, plugins.Models, _weights.Of(line))
            : CheckpointLoader.Open(checkpoint, plugins.Models, _weights.Of(line));
        using (network)
        {
            card = normalization is null ? card : card with { Normalization = normalization };
            bool json = line.GetValue(_json);
            string path = line.GetValue(_output)!;
            if (WeightsExport.FormatOf(path) is { } format)
            {
                WeightsExport.Write(path, network, card, line.GetValue(_shardSize) * Megabyte);
                WriteWeights(terminal, path, card.Model, format, network.State().Count(), json);
                return ExitCode.Success;
            }

            QuantizationResult? quantized = _quantization.Of(line, run, card, plugins.Options) is { } quantization
                ? ProgressDisplay.Show(json ? terminal.Aside : terminal, observer => quantization.Run(checkpoint, network, card, observer, interrupt))
                : null;
            using Network exported = quantized?.Network ?? network;
            var options = new ExportOptions
            {
                Opset = line.GetValue(_opset), FoldBatchNorms = line.GetValue(_fold), Half = line.GetValue(_half),
                Batch = line.GetValue(_batch) ?? (line.GetValue(_dynamic) ? null : 1), Metadata = quantized?.ToMetadata() ?? new Dictionary<string, string>(),
            };
            ExportResult result = CheckpointExport.Write(checkpoint, exported, card, options, line.GetValue(_preprocessing), path);
            string? report = quantized is null
                ? null
                : quantized.Report(
                    path, card.Model, CheckpointExport.Write(checkpoint, network, card, options, line.GetValue(_preprocessing), Stream.Null).Bytes, result.Bytes,
                    terminal.Time.GetLocalNow());
            if (json)
                JsonOutput.Write(terminal, ExportJson.Of(path, card.Model, options.Opset, result, quantized, report));
            else
                Write(terminal, path, card.Model, options.Opset, result, quantized, report);
            return ExitCode.Success;
        }
    }

    private static void WriteWeights(Terminal terminal, string path, string model, CheckpointFormat format, int tensors, bool json)
    {
        if (json)
            JsonOutput.Write(terminal, ExportJson.OfWeights(path, model, format, tensors));
        else
            terminal.Output.WriteLine($"{path}: {model}, {tensors} tensors");
    }

    private static void Write(Terminal terminal, string path, string model, int opset, ExportResult result, QuantizationResult? quantized, string? report)
    {
        string when = quantized is null ? "" : " before it was quantised";
        terminal.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{path}: {model}, {result.Nodes} nodes, {result.Bytes / 1e6:F2} MB, opset {opset}; logits of its graph within {result.Difference:G2} of the network's{when}"));
        if (quantized is null)
            return;
        terminal.Output.WriteLine(
            $"int8: top-1 {Figures.Percent(quantized.Before.Top1)} before, {Figures.Percent(quantized.After.Top1)} after ({Figures.Points(quantized.After.Top1 - quantized.Before.Top1)}), "
            + $"on {quantized.Before.Images} test images; the second is a simulation in libtorch, a runtime may differ by a few images");
        terminal.Output.WriteLine($"Report: {report}");
    }
}
