using System.Text.Json.Nodes;
using Retort.Cli;
using Retort.Cli.Commands;
using Retort.Distillation;
using Retort.Tests.Cli.Support;
using Retort.Vision.Augmentation;
using Retort.Vision.Models;

namespace Retort.Tests.Cli.Commands;

public sealed class ListAndShowTests
{
    [Fact]
    public void Models_are_listed_with_sizes_and_taps()
    {
        (int code, string output, _) = CommandLine.Run("list", "models", "--classes", "10"); // on a slow machine it says how far it is
        Assert.Equal(0, code);
        Assert.All(ModelRegistry.Default.Entries, model => Assert.Contains($" {model.Name} ", output));
        string row = output.Split('\n').Single(line => line.Contains(" resnet8 ", StringComparison.Ordinal));
        Assert.Contains("78,042", row);
        Assert.Contains("stem stage1 stage2 stage3 pooled", row);
        Assert.Equal(["vgg8", "resnet8"], CommandLine.Run("list", "models", "vgg8", "resnet8").Done().Output.Split('\n')
            .Where(line => line.Contains("pooled", StringComparison.Ordinal)).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]));
        CommandLine.Run("list", "models", "resnet9").Refused(2, "There is no model named \"resnet9\". ", "");
        CommandLine.Run("list", "models", "--classes", "0").Refused(2, "--classes must be at least 1. See 'retort list models --help'.");
    }

    [Fact]
    public void A_terminal_shows_how_many_models_are_counted()
    {
        using var output = new StringWriter { NewLine = "\n" };
        Assert.Equal(0, new Application(new Terminal(output, output, TerminalAbilities.Full, width: 100), AllCommands.Create()).Run(["list", "models", "vgg8", "resnet8"]));
        Assert.Contains("counting parameters and multiply-accumulates: 1 of 2", output.ToString());
    }

    [Fact]
    public void Methods_are_listed_with_their_papers() =>
        Assert.All(MethodRegistry.Default.Entries, method =>
        {
            string output = CommandLine.Run("list", "methods").Done().Output;
            Assert.Contains($" {method.Name} ", output);
            Assert.Contains(method.Paper, output);
        });

    [Fact]
    public void Datasets_and_normalizations_are_listed()
    {
        string datasets = CommandLine.Run("list", "datasets").Done().Output;
        Assert.All(["synthetic", "folder", "cifar10", "cifar100", "train_images"], word => Assert.Contains(word, datasets));
        string normalizations = CommandLine.Run("list", "normalizations").Done().Output;
        Assert.NotEmpty(Normalization.Presets);
        Assert.All(Normalization.Presets.Keys, name => Assert.Contains(name, normalizations));
    }

    [Fact]
    public void A_method_is_shown_with_its_options_and_how_a_recipe_names_it()
    {
        string output = CommandLine.Run("show", "kd").Done().Output;
        Assert.All(
            ["Knowledge distillation (kd), arXiv:1503.02531", "temperature", "with its usual weight:\ndistill:\n  - ce: 0.1\n  - kd: {weight: 0.9}\n"],
            word => Assert.Contains(word, output));
        Assert.Contains("- ce: 1\n  - pkt: {weight: 30000}\n", CommandLine.Run("show", "pkt").Done().Output);
        Assert.Contains("- ce: 1\n  - ofd: {weight: 0.001}\n", CommandLine.Run("show", "ofd").Done().Output);
    }

    [Fact]
    public void What_an_option_with_a_form_of_its_own_allows_is_shown()
    {
        JsonArray options = JsonNode.Parse(CommandLine.Run("show", "nst", "--json").Done().Output)!["options"]!.AsArray();
        string Allowed(string key) => (string)options.Single(option => (string)option!["key"]! == key)!["allowed"]!;
        Assert.Equal("a number above 0 or 'mean'", Allowed("sigma2"));
        Assert.Equal("a list of 1 or more values, each a tap as 'stage2', or the student's and the teacher's as 'stage2:stage3'", Allowed("taps"));
    }

    [Fact]
    public void A_method_of_the_teachers_training_is_shown_where_a_recipe_names_it()
    {
        string output = CommandLine.Run("show", "sftn").Done().Output;
        Assert.All(["lambda_kl", "teacher:\n  model: ...\n  sftn: {}"], word => Assert.Contains(word, output));
        Assert.DoesNotContain("distill:", output);
    }
}
