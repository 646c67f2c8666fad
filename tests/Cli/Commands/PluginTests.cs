using Retort.Tests.Cli.Support;
using Retort.Tests.Training.Verification;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Parts;
using Retort.Training.Verification;
using Retort.Vision.Models;

namespace Retort.Tests.Cli.Commands;

/// <summary>samples/Plugin, as the program takes it with <c>--plugin</c>.</summary>
public sealed class PluginTests : CliTests
{
    private static readonly string[] Short =
        ["--set", "data.train_images=40", "--set", "data.test_images=20", "--set", "train.epochs=1", "--set", "train.threads=1"];

    // Beside the tests' own output: artifacts/bin/NAME/CONFIGURATION.
    private static string Sample(string file) => Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "Plugin", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), file));

    [Fact]
    public void Its_networks_are_trained_compared_evaluated_exported_and_looked_at()
    {
        string recipe = Sample("plugin.yaml"), plugin = Sample("Plugin.dll");
        Assert.Contains("There is no model named \"stripenet-4\".", CommandLine.Run("recipe", "check", recipe).Error);
        CommandLine.Run("recipe", "check", recipe, "--plugin", plugin).Done();
        string output = CommandLine.Run(["train", recipe, "--plugin", plugin, "--out", In("run"), .. Short]).Done().Output;
        Assert.Contains("stripenet-4", output);
        Assert.True(File.Exists(In("run", "student.onnx")));
        Assert.Contains("There is no model named \"stripenet-4\".", CommandLine.Run("eval", In("run")).Error);
        CommandLine.Run("eval", In("run"), "--plugin", plugin, "--precision", "fp32").Done();
        CommandLine.Run("export", In("run"), "--plugin", plugin, "-o", In("a.onnx")).Done();
        Assert.Contains("0 missing, 0 unexpected", CommandLine.Run("inspect", In("run"), "--plugin", plugin, "--model", "stripenet-4").Done().Output);
        Assert.Contains(" stripenet-4 ", CommandLine.Run("list", "models", "stripenet-4", "--plugin", plugin).Done().Output);
        Assert.Contains("model: stripenet-4\n", CommandLine.Run("recipe", "show", recipe, "--plugin", plugin).Done().Output);
        Assert.Contains("\"stripenet-4\"", CommandLine.Run("recipe", "schema", "--plugin", plugin).Done().Output);
        string jobs = CommandLine.Run(["compare", recipe, "--plugin", plugin, "--seeds", "1", "--jobs", "2", "--out", In("compare"), .. Short]).Done().Output;
        Assert.Contains("plugin/seed-0: done", jobs);
    }

    [Fact]
    public void Its_networks_are_verified_and_timed()
    {
        using var scope = new TensorScope();
        string plugin = Sample("Plugin.dll");
        using Network network = Plugins.Load([plugin]).Models.Create("stripenet-4", 10);
        LcgFill.Apply(network.State());
        network.Eval();
        Tensor input = Aten.Arange(3 * 32 * 32, DType.Float32).Sin().Reshape([1, 3, 32, 32]);
        string golden = new CaseFile("""{"kind": "model", "model": "stripenet-4", "options": {"num_classes": 10}, "fill": "lcg", "mode": "eval"}""")
            .With("input", input).With("expect.logits", network.Forward(input)).Write(Folder);
        Assert.Equal(2, CommandLine.Run("verify", golden).Code);
        CommandLine.Run("verify", golden, "--plugin", plugin).Done();

        Images();
        string[] train = ["bench", "train", "--student", "stripenet-4", "--data", In("data"), "--batch", "2", "--batches", "1", "--threads", "1"];
        string[] eval = ["bench", "eval", "--model", "stripenet-4", "--data", In("data"), "--threads", "1"];
        foreach (string[] line in (string[][])[train, eval])
        {
            Assert.Contains("There is no model named \"stripenet-4\".", CommandLine.Run(line).Error);
            Assert.Contains(" images/s in ", CommandLine.Run([.. line, "--plugin", plugin]).Output);
        }
    }

    [Fact]
    public void Its_data_is_calibrated_by()
    {
        const string digits = "CustomNetworkAndData";
        string plugin = Sample("Plugin.dll").Replace("Plugin", digits, StringComparison.Ordinal);
        string recipe = RecipeFile(Tiny.Replace("synthetic", "digits", StringComparison.Ordinal));
        CommandLine.Run("train", recipe, "--plugin", plugin, "--out", In("run")).Done();
        CommandLine.Run("export", In("run"), "--plugin", plugin, "-o", In("a.onnx"), "--quantize", "int8", "--calibration-images", "8").Done();
    }

    [Fact]
    public void What_is_no_plugin_is_refused()
    {
        string recipe = RecipeFile(Tiny);
        CommandLine.Run("train", recipe, "--plugin", In("none.dll")).Refused(2, $"--plugin {In("none.dll")}: there is no such file; build it, and check the path.");
        File.WriteAllText(In("text.dll"), "text");
        CommandLine.Run("train", recipe, "--plugin", In("text.dll")).Refused(2, $"--plugin {In("text.dll")}: it is no .NET assembly that can be loaded", "");
        string torch = Path.Combine(AppContext.BaseDirectory, "Retort.Onnx.dll");
        CommandLine.Run("train", recipe, "--plugin", torch).Refused(2, $"--plugin {torch}: it has no part for recipes", "");
        string twice = Assert.Throws<RetortException>(() => Plugins.Load([Sample("Plugin.dll"), Sample("Plugin.dll")])).Message;
        Assert.Contains("Two models are registered as \"stripenet-24\"", twice);
    }

    [Fact]
    public void A_class_that_is_no_network_or_lacks_the_constructor_is_refused()
    {
        Assert.EndsWith("has [Model(\"text\")] but does not derive from Network.", Assert.Throws<InvalidOperationException>(() => ModelAttribute.EntriesOf(typeof(NoNetwork)).ToList()).Message);
        Assert.EndsWith("no public constructor that takes the number of classes (int).", Assert.Throws<InvalidOperationException>(() => ModelAttribute.EntriesOf(typeof(NoConstructor)).ToList()).Message);
    }

    [Model("text")]
    private sealed class NoNetwork;

    [Model("bare")]
    private sealed class NoConstructor() : ChainNetwork(2)
    {
        public Network Self => this;
    }
}
