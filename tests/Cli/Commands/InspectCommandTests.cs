using System.Text.Json.Nodes;
using Retort.Tests.Cli.Support;
using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Vision.Models;

namespace Retort.Tests.Cli.Commands;

public sealed class InspectCommandTests : CliTests
{
    private static string Fixture(params string[] parts) => RepositoryFiles.Repository(["tests", "Torch", .. parts]);

    [Fact]
    public void Tensors_are_listed_with_what_was_found_around_them()
    {
        string file = Fixture("Serialization", "Fixtures", "training.pth");
        string output = CommandLine.Run("inspect", file).Done().Output;
        Assert.Matches(@"0\.weight +Float32 +\[2, 1, 3, 3\]", output);
        Assert.Matches(@"1\.num_batches_tracked +Int64 +\[\]", output);
        Assert.Contains($"{file}: torch.save, 9 tensors, 56 values, 0.00 MB\nunder the key: state_dict\ntaken off the front of all names: module.\n", output);
    }

    [Fact]
    public void A_model_takes_its_own_weights_and_the_metadata_is_shown()
    {
        CommandLine.Run("train", RecipeFile(Tiny), "--out", In("run")).Done();
        string output = CommandLine.Run("inspect", In("run"), "--model", "resnet8").Done().Output;
        Assert.Contains("resnet8 with 10 classes: 56 match, 0 missing, 0 unexpected, 0 of another shape", output);
        Assert.Contains("metadata retort.model: resnet8", output);
        Assert.Matches(@"conv1\.weight +Float32 +\[16, 3, 3, 3\] +matches", output);
        CommandLine.Run("inspect", In("run", "checkpoints", "best"), "--model", "resnet8").Done();
    }

    [Fact]
    public void What_does_not_match_is_told_with_the_name_that_may_be_meant_until_it_is_renamed()
    {
        string file = Renamed();
        CommandLine line = CommandLine.Run("inspect", file, "--model", "resnet8");
        Assert.Equal(1, line.Code);
        Assert.Contains("resnet8 with 100 classes: 52 match, 3 missing, 3 unexpected, 1 of another shape", line.Output);
        Assert.Matches(@"linear\.weight +Float32 +\[10, 64\] +unexpected", line.Output);
        Assert.Matches(@"bn1\.weight +Float32 +\[4\] +must be \[16\]", line.Output);
        Assert.Contains("missing: conv1.weight [16, 3, 3, 3]  Did you mean 'conv.weight'?\n", line.Output);

        JsonNode json = JsonNode.Parse(CommandLine.Run("inspect", file, "--model", "resnet8", "--rename", "^linear=fc", "--rename", "^conv.w=conv1.w", "--json").Output)!;
        JsonNode comparison = json["comparison"]!;
        Assert.Equal((10, false, 55), ((int)comparison["classes"]!, (bool)comparison["fits"]!, (int)comparison["matching"]!));
        Assert.Equal("bn1.weight", (string?)Assert.Single(comparison["misshapen"]!.AsArray())!["name"]);
        Assert.Empty(comparison["missing"]!.AsArray());
    }

    [Fact]
    public void Renamed_weights_are_evaluated_exported_and_taught_from()
    {
        string file = Renamed(keepShapes: true);
        string[] rules = ["--rename", "^linear=fc", "--rename", "^conv.w=conv1.w"];
        Assert.Contains("missing: conv1.weight (there is conv.weight)", CommandLine.Run("eval", file, "--model", "resnet8", "--recipe", RecipeFile(Tiny)).Error);
        CommandLine.Run(["eval", file, "--model", "resnet8", "--recipe", RecipeFile(Tiny), "--normalization", "cifar10", "--precision", "fp32", .. rules]).Done();
        CommandLine.Run(["export", file, "--model", "resnet8", "--normalization", "cifar10", "-o", In("net.onnx"), .. rules]).Done();
        string taught = Tiny.Replace("epochs: 2", "epochs: 1", StringComparison.Ordinal)
            + $"\nteacher: {{model: resnet8, checkpoint: {file}, rename: ['^linear=fc', '^conv.w=conv1.w']}}\ndistill: [{{ce: 1}}, {{kd: 1}}]";
        CommandLine.Run("recipe", "check", RecipeFile(taught)).Done();
        Train(taught).Done();
        CommandLine.Run("inspect", file, "--rename", "abc").Refused(2, "--rename: 'abc' is no renaming: write FROM=TO, as '^head=fc'.");
    }

    [Fact]
    public void Of_a_TorchScript_network_the_modules_that_can_be_tapped_are_listed()
    {
        string output = CommandLine.Run("inspect", Fixture("TorchScript", "Fixtures", "traced.pt")).Done().Output;
        Assert.Matches(@"layer1\.0\.bn1 +BatchNorm2d", output);
        Assert.Matches(@"fc\.weight +Float32 +\[10, 6\]", output);
        Assert.Contains("a TorchScript network, ", output);
        Assert.Contains("open only files from who you trust", output);
    }

    [Fact]
    public void Unknown_models_and_files_are_refused()
    {
        CommandLine.Run("inspect", In("none.pth")).Refused(1, $"{In("none.pth")}: there is no such file; check the path.");
        CommandLine.Run("inspect", Weights("resnet8", 10), "--model", "resnt8").Refused(2, "There is no model named \"resnt8\".", "");
        CommandLine.Run("inspect", Weights("resnet8", 10), "--key", "ema").Refused(1, Weights("resnet8", 10), "leave the key out.");
    }

    private string Renamed(bool keepShapes = false)
    {
        using var scope = new TensorScope();
        using Network network = ModelRegistry.Default.Create("resnet8", 10);
        string file = In("renamed.safetensors");
        Safetensors.Write(file, network.State().Select(entry => KeyValuePair.Create(
            entry.Key switch { "conv1.weight" => "conv.weight", "fc.weight" => "linear.weight", "fc.bias" => "linear.bias", var name => name },
            entry.Key == "bn1.weight" && !keepShapes ? Aten.Zeros([4]) : entry.Value)));
        return file;
    }
}
