using Retort.Cli.Commands;
using Retort.Tests.Cli.Support;
using Retort.Tests.Support;
using Retort.Tests.Training.Verification;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Training.Data.Fetching;
using Retort.Vision.Models;

namespace Retort.Tests.Documentation;

/// <summary>
/// The examples that <c>--help</c> shows, pasted into a shell. What they name stands in a folder of the test's own: the recipes, made
/// short; ten classes of three images; weights; a golden case.
/// </summary>
public sealed class HelpExampleTests : IDisposable
{
    private static readonly (string, string?) OneCore = ("DOTNET_PROCESSOR_COUNT", "1"); // enough here, and threads cost much on a busy machine

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Commands => [.. Leaves().Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_example_of_a_commands_help_works_when_it_is_pasted(string command)
    {
        WriteRecipes();
        WriteImages();
        WriteWeights();
        if (command is "retort eval" or "retort export")
            TrainRuns();
        if (command == "retort data fetch")
            PretendToHaveFetched();

        foreach (string example in Leaves()[command])
        {
            (int code, string output, string error) = ShellProcess.Bash(example, _folder.Path, OneCore);
            Assert.True((code, error) == (0, ""), $"{example}\ncode {code}\n{output}\n{error}");
        }
    }

    [Fact]
    public void What_a_group_of_commands_and_the_program_show_are_examples_of_commands()
    {
        string[] run = [.. Leaves().Values.SelectMany(examples => examples)];
        Assert.NotEmpty(AllCommands.Examples);
        Assert.All(AllCommands.Examples, example => Assert.Contains(example, run));
        CliCommand[] groups = [.. AllCommands.Create().Where(command => command.Inner.Count > 0)];
        Assert.NotEmpty(groups);
        Assert.All(groups.SelectMany(group => group.Examples), example => Assert.Contains(example, run));
    }

    private static Dictionary<string, IReadOnlyList<string>> Leaves()
    {
        Dictionary<string, IReadOnlyList<string>> found = [];
        void Walk(string path, IEnumerable<CliCommand> commands)
        {
            foreach (CliCommand command in commands)
            {
                if (command.Inner.Count > 0)
                    Walk($"{path} {command.Name}", command.Inner);
                else
                    found.Add($"{path} {command.Name}", command.Examples);
            }
        }

        Walk("retort", AllCommands.Create());
        return found;
    }

    private string In(params string[] parts) => Path.Combine([_folder.Path, .. parts]);

    // Those that all others extend are put aside, and take in their place what makes them short.
    private void WriteRecipes()
    {
        string from = RepositoryFiles.Repository("recipes");
        foreach (string file in Directory.EnumerateFiles(from, "*.yaml", SearchOption.AllDirectories))
        {
            string to = In("recipes", Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        foreach (string file in (string[])["demo.yaml", "cifar10-resnet20.yaml", "cifar10/base.yaml"])
        {
            File.Move(In("recipes", file), In("recipes", $"{file}.whole"));
            string data = file == "demo.yaml" ? "data: {train_images: 40, test_images: 20}\nteacher: {model: resnet8}\n" : "";
            File.WriteAllText(In("recipes", file), $"""
                extends: {Path.GetFileName(file)}.whole
                name: {Path.GetFileNameWithoutExtension(file)}
                {data}train:
                  epochs: 1
                  batch: 16
                  threads: 1
                  schedule: constant
                """);
        }
    }

    private void WriteImages()
    {
        string[] classes = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
        foreach ((string split, int count) in ((string, int)[])[("train", 2), ("test", 1)])
        {
            foreach ((int label, string name) in classes.Index())
            {
                for (int i = 0; i < count; i++)
                    _folder.Write($"data/cifar10/{split}/{name}/{i}.png", PngFile.Flat(32, 32, red: (byte)(25 * label), green: (byte)(99 * i)));
            }
        }
    }

    private void WriteWeights()
    {
        using var scope = new TensorScope();
        using Network network = ModelRegistry.Default.Create("resnet20", classes: 10);
        Safetensors.Write(In("resnet20.pth"), network.State());
        Directory.CreateDirectory(In("runs", "cifar10-resnet20"));
        Safetensors.Write(In("runs", "cifar10-resnet20", "student.safetensors"), network.State());
        Directory.CreateDirectory(In("golden"));
        KdCase.Make().Write(In("golden"), "kd-temperature-4.safetensors");
    }

    // Examples of fetching must not need a network here: what lies in its place already, by names and sizes, is not fetched again.
    private void PretendToHaveFetched()
    {
        foreach ((string name, string folder) in ((string, string)[])[("cifar10", "data/cifar10"), ("mnist", "data/digits")])
        {
            Directory.CreateDirectory(In(folder));
            foreach ((string file, long size) in DatasetCatalog.All.Single(dataset => dataset.Name == name).Contents)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(In(folder, file))!);
                using FileStream empty = File.Create(In(folder, file));
                empty.SetLength(size);
            }
        }
    }

    private void TrainRuns()
    {
        Directory.Delete(In("runs"), recursive: true);
        (int code, string output, string error) = ShellProcess.Bash(
            "retort train recipes/demo.yaml && retort train recipes/cifar10-resnet20.yaml", _folder.Path, OneCore);
        Assert.True(code == 0, output + error);
    }
}
