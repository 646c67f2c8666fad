using System.CommandLine;
using System.CommandLine.Parsing;
using Retort.Onnx.Quantization;
using Retort.Training.Checkpoints;
using Retort.Training.Recipes;
using Retort.Training.Runs;

namespace Retort.Cli.Commands;

/// <summary><c>--quantize</c> and what goes with it.</summary>
internal sealed class QuantizationOptions
{
    private const string Int8 = "int8";

    private readonly Option<string?> _quantize = new("--quantize") { Description = "int8: weights and activations of 8 bits, as QDQ; needs images.", HelpName = Int8 };
    private readonly DataOption _data = new("Images to quantise by");
    private readonly Option<string?> _recipe = new("--recipe") { Description = "To quantise by: the data of a recipe. Default: that of the run.", HelpName = "file" };
    private readonly ChoiceOption<CalibrationMethod> _method = new("--calibration", CalibrationMethod.Mse)
    {
        Description = "Ranges of activations: mse (least squared error) or minmax.",
    };

    private readonly Option<int> _images = new("--calibration-images") { Description = "Training images to calibrate by.", DefaultValueFactory = _ => 512, HelpName = "images" };
    private readonly Option<int> _seed = new("--seed") { Description = "Seed of which training images.", HelpName = "number" };

    public QuantizationOptions() => _quantize.CompletionSources.Add(Int8);

    /// <summary>Adds the options to a command, and what must hold between them.</summary>
    /// <param name="command">The command.</param>
    /// <param name="checkpoint">Its argument: a run has images of its own.</param>
    public void AddTo(Command command, Argument<string> checkpoint)
    {
        Option[] details = [_data, _recipe, _method, _images, _seed];
        command.Add(_quantize);
        foreach (Option option in details)
            command.Add(option);
        command.Validators.Add(line =>
        {
            if (line.GetResult(_quantize) is null)
            {
                if (details.FirstOrDefault(option => line.GetResult(option) is { Implicit: false }) is { } idle)
                    line.AddError($"{idle.Name} is for --quantize int8.");
                return;
            }

            int named = (line.GetResult(_data) is null ? 0 : 1) + (line.GetResult(_recipe) is null ? 0 : 1);
            bool hasNone = line.GetResult(checkpoint) is { Tokens: [var path, ..] } && Path.Exists(path.Value) && !FinishedRun.IsRun(path.Value);
            if (line.GetValue(_quantize) != Int8)
                line.AddError($"--quantize takes int8, not '{line.GetValue(_quantize)}'.");
            else if (named > 1 || (named == 0 && hasNone))
                line.AddError("Name the images to quantise by with --data, or with the recipe that has them with --recipe.");
            else if (line.GetResult(_images) is { Implicit: false } && line.GetValue(_images) < 1)
                line.AddError("--calibration-images takes 1 or more.");
            else if (line.GetValue(_seed) < 0)
                line.AddError("--seed takes 0 or more.");
        });
    }

    /// <summary>Whether a command line asks for it.</summary>
    public bool IsSet(SymbolResult line) => SetOf(line) is not null;

    /// <summary>The option by which a command line asks for it; null: it does not.</summary>
    public Option? SetOf(SymbolResult line) => line.GetResult(_quantize) is null ? null : _quantize;

    /// <summary>What a command line asks for; null: nothing is to be quantised.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="run">The run whose student it is; null: it is none's.</param>
    /// <param name="card">Says to which size images of a folder are brought.</param>
    /// <param name="kinds">Kinds of data, beside Retort's, that a recipe may have.</param>
    public CheckpointQuantization? Of(ParseResult line, FinishedRun? run, NetworkCard card, IReadOnlyList<Type> kinds)
    {
        if (line.GetValue(_quantize) is null)
            return null;
        DataOptions data = _data.Of(line, card.ImageSize, card.Resize) ?? Recipe.Load(line.GetValue(_recipe) ?? run!.RecipeFile, variants: kinds).Data;
        return new CheckpointQuantization(data, _method.Of(line), line.GetValue(_images), line.GetValue(_seed));
    }
}
