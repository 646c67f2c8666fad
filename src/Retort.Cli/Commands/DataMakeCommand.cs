using System.CommandLine;
using Retort.Cli.Json;
using Retort.Cli.Progress;
using Retort.Distillation.Options;
using Retort.Training.Data;
using Retort.Training.Recipes;
using Retort.Vision.Datasets;

namespace Retort.Cli.Commands;

/// <summary><c>retort data make</c>: writes the embedded synthetic set as an image folder.</summary>
internal sealed class DataMakeCommand : CliCommand
{
    private readonly Argument<string> _folder = new("folder") { Description = "The image folder to make; it must not exist, or be empty." };
    // Called like the keys of a recipe's data, whose ranges hold here too.
    private readonly Option<string?>[] _numbers =
    [
        new("--train-images") { Description = "Training images. Default 10000.", HelpName = "number" },
        new("--test-images") { Description = "Test images. Default 2000.", HelpName = "number" },
        new("--label-noise") { Description = "Share of the training images that lie in a wrong class, 0 to 0.9. Default 0.", HelpName = "number" },
        new("--image-seed") { Description = "Seed of the images; another one draws another set of the same kind. Default 1.", HelpName = "number" },
    ];

    private readonly JsonOption _json = new();

    public DataMakeCommand()
        : base(
            "make", "Write the embedded synthetic set as an image folder: train/CLASS/*.png and test/CLASS/*.png.",
            "retort data make data/shapes --train-images 500 --test-images 100",
            "retort data make data/noisy --train-images 500 --test-images 100 --label-noise 0.2 --image-seed 3")
    {
        Add(_folder);
        foreach (Option<string?> number in _numbers)
            Add(number);
        Add(_json);
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        string folder = line.GetValue(_folder)!;
        ImageFolderWriter.RequireFree(folder);
        SyntheticDataOptions options = Read(line);
        bool json = line.GetValue(_json);
        (ImageDataset train, ImageDataset test) = ProgressDisplay.Show(json ? terminal.Aside : terminal, observer =>
        {
            observer.Preparing("drawing the images", 0, 0);
            ImageDataset train = options.Read(DatasetSplit.Training, classes: null, observer.Preparing, interrupt);
            ImageDataset test = options.Read(DatasetSplit.Test, train.Classes, observer.Preparing, interrupt);
            ImageFolderWriter.Write(folder, train, test, observer.Preparing, interrupt);
            return (train, test);
        });
        string recipe = DataLine.Of("kind: folder", folder);
        if (json)
        {
            JsonOutput.Write(terminal, new { Folder = folder, Train = train.Count, Test = test.Count, Classes = train.Classes, Recipe = recipe });
            return ExitCode.Success;
        }

        terminal.Output.WriteLine($"{train.Count} training and {test.Count} test images of {train.Classes.Count} classes lie in {folder}. In a recipe:");
        terminal.Output.WriteLine($"  {recipe}");
        return ExitCode.Success;
    }

    private SyntheticDataOptions Read(ParseResult line) => OptionsBinder.Bind<SyntheticDataOptions>(new OptionMapping(
    [
        .. _numbers.Where(number => line.GetResult(number) is not null).Select(number => new OptionEntry(
            number.Name.TrimStart('-').Replace('-', '_'), number.Name, new OptionScalar(line.GetValue(number)!, quoted: false, number.Name))),
    ]));
}
