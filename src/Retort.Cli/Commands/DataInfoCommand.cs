using System.CommandLine;
using Retort.Cli.Json;
using Retort.Cli.Progress;
using Retort.Training.Data;
using Retort.Training.Recipes;
using Retort.Vision.Datasets;
using Spectre.Console;

namespace Retort.Cli.Commands;

/// <summary><c>retort data info</c>: counts, sizes, mean and deviation of a data set, and what in it cannot be read.</summary>
internal sealed class DataInfoCommand : CliCommand
{
    private readonly Argument<string> _data = new("data") { Description = "A recipe, whose data is meant, an image folder, or one that `retort data fetch` filled." };
    private readonly SetOption _set = new("Set a value of the recipe, or for the folder, as data.dev_split=0.1");
    private readonly PluginOption _plugins = new();
    private readonly JsonOption _json = new();

    public DataInfoCommand()
        : base(
            "info", "Count the images of each class, measure mean and deviation, name images that cannot be read. 0 all can be, 1 not.",
            "retort data info recipes/demo.yaml",
            "retort data info data/cifar10",
            "retort data info data/cifar10 --set data.size=24   # as images of a recipe would be read")
    {
        Add(_data);
        Add(_set);
        Add(_plugins);
        Add(_json);
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        string path = line.GetValue(_data)!;
        IReadOnlyList<Type> own = _plugins.Of(line).Options; // a path's data may be of such
        if (!Path.Exists(path))
            throw new RetortException($"There is no folder or recipe '{path}': check the path.") { WrongUse = true };
        DataOptions options = Directory.Exists(path) ? OfFolder(path, _set.Of(line)) : Recipe.Load(path, _set.Of(line), own).Data;
        bool json = line.GetValue(_json);
        DataSummary data = ProgressDisplay.Show(
            json ? terminal.Aside : terminal, observer => DataSummary.Read(options, observer.Preparing, interrupt));
        if (json)
            JsonOutput.Write(terminal, Document(data));
        else
            Write(terminal, data);
        return data.Unreadable.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    // As a recipe of it alone, in which values can be set.
    private static DataOptions OfFolder(string path, string[] set) =>
        Recipe.Parse(new Recipe { Data = StoredDataOptions.Of(path), Student = new StudentOptions { Model = "" } }.ToYaml(), path, set).Data;

    private static object Document(DataSummary data) => new
    {
        data.Title, data.Size.Width, data.Size.Height,
        Smallest = new { data.Smallest.Width, data.Smallest.Height }, Largest = new { data.Largest.Width, data.Largest.Height },
        Normalization = new { data.Normalization.Mean, Std = data.Normalization.Deviation },
        data.Classes, data.Unreadable,
    };

    private static void Write(Terminal terminal, DataSummary data)
    {
        bool hasDev = data.Classes.Any(c => c.Dev > 0);
        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey).AddColumn("class").AddColumn("train", Right);
        if (hasDev)
            table.AddColumn("dev", Right);
        table.AddColumn("test", Right);
        foreach (ClassCount one in data.Classes.Append(new("all", data.Classes.Sum(c => c.Train), data.Classes.Sum(c => c.Dev), data.Classes.Sum(c => c.Test))))
            table.AddRow([new Text(one.Name), Number(one.Train), .. hasDev ? (Text[])[Number(one.Dev)] : [], Number(one.Test)]);
        terminal.Console.Write(table);
        string sizes = data.Smallest == data.Largest ? $"{data.Smallest}" : $"{data.Smallest} to {data.Largest}";
        string read = data.Smallest == data.Size && data.Largest == data.Size ? "" : $", read at {data.Size}";
        terminal.Output.WriteLine($"{data.Title}: {data.Classes.Count} classes, images of {sizes} pixels{read}");
        terminal.Output.WriteLine(FormattableString.Invariant(
            $"normalization: {{mean: [{Channels(data.Normalization.Mean)}], std: [{Channels(data.Normalization.Deviation)}]}}"));
        foreach (SkippedImage image in data.Unreadable)
            terminal.Output.WriteLine($"cannot be read: {image.Path}: {image.Reason}");

        static void Right(TableColumn column) => column.RightAligned().NoWrap();
    }

    private static Text Number(int count) => new($"{count}");

    private static string Channels(IReadOnlyList<float> values) =>
        string.Join(", ", values.Select(value => value.ToString("F4", System.Globalization.CultureInfo.InvariantCulture)));
}
