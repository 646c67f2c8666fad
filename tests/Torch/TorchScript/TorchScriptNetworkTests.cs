using Retort.Distillation;
using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Torch.TorchScript;

namespace Retort.Tests.Torch.TorchScript;

/// <summary>Networks that Fixtures/make.py scripted and traced, against what Python's forward hooks saw of them.</summary>
public sealed class TorchScriptNetworkTests
{
    private static readonly KeyValuePair<string, string>[] Taps =
        [new("stage1", "layer1"), new("stage2", "layer2"), new("stage2.preact", "layer1.0.bn1"), new("pooled", "avgpool")];

    [Theory]
    [InlineData("scripted.pt", false)]
    [InlineData("scripted.pt", true)]
    [InlineData("traced.pt", false)]
    [InlineData("traced.pt", true)]
    public void Logits_and_taps_are_those_of_Python_before_what_changes_them_in_place(string file, bool channelsLast)
    {
        using var scope = new TensorScope();
        using SavedState expected = Safetensors.Read(Fixture("expected.safetensors"));
        using TorchScriptNetwork network = Load(file, Taps);
        Tensor images = channelsLast ? expected.Tensors["images"].To(MemoryFormat.ChannelsLast) : expected.Tensors["images"];

        NetworkOutput output = network.Forward(images, Taps.Select(tap => tap.Key).ToHashSet());

        TensorAssert.Close(expected.Tensors["logits"], output.Logits, 1e-5);
        foreach ((string tap, string module) in Taps)
            TensorAssert.Close(tap == "pooled" ? expected.Tensors[module].Flatten(1) : expected.Tensors[module], output[tap], 1e-5);
        Assert.Equal(["stage1", "stage2", "pooled"], network.TapNames);
        Assert.True(network.HasTap("stage2.preact"));
        Assert.Equal(10, network.Classes);
        Assert.Equal(["stage1"], network.Forward(images, new HashSet<string> { "stage1" }).Taps.Keys);
        Assert.False(output.Logits.RequiresGrad);
    }

    [Fact]
    public void Its_shape_has_its_taps_its_linear_layers_and_the_classifier_behind_the_pooled_features()
    {
        using var scope = new TensorScope();
        using TorchScriptNetwork network = Load("scripted.pt", Taps);
        NetworkShape shape = NetworkShape.Of("net", network, 16, 16, Device.Cpu);
        Assert.Equal([4, 8, 8], shape.Taps["stage1"]);
        Assert.Equal([4, 16, 16], shape.Taps["stage2.preact"]);
        Assert.Equal([6], shape.Taps["pooled"]);
        Assert.Equal(["fc", "unused"], shape.Linears.Keys.Order());
        Assert.Same(shape.Linears["fc"], shape.Classifier);
        using TorchScriptNetwork bare = Load("scripted.pt", []);
        Assert.Null(bare.Classifier);
    }

    [Fact]
    public void A_map_that_is_pooled_can_be_named_and_is_not_listed()
    {
        using var scope = new TensorScope();
        using TorchScriptNetwork network = Load("scripted.pt", [new("stage1", "layer1"), new("pooled.map", "layer2"), new("pooled", "avgpool")]);
        NetworkShape shape = NetworkShape.Of("net", network, 16, 16, Device.Cpu);
        Assert.Equal(["stage1", "pooled"], network.TapNames);
        Assert.Equal("pooled.map", shape.PooledMap);
        Assert.Equal(["stage1", "pooled", "pooled.map"], shape.Taps.Keys);
        using TorchScriptNetwork bare = Load("scripted.pt", []);
        Assert.Null(bare.PooledMap);
    }

    [Fact]
    public void Its_weights_are_listed_under_PyTorchs_names_and_are_not_trained()
    {
        using var scope = new TensorScope();
        using TorchScriptModule module = TorchScriptModule.Load(Fixture("scripted.pt"), Device.Cpu);
        using TorchScriptNetwork network = Load("scripted.pt", Taps);
        Assert.Equal(module.State().Keys.Order(), network.State().Select(entry => entry.Key).Order());
        Assert.All(network.Parameters(), parameter => Assert.False(parameter.RequiresGrad));
        Assert.Equal("Sequential", module.Parts()["layer1"]);
        Assert.Equal("BatchNorm2d", module.Parts()["layer1.0.bn1"]);
        Assert.NotEqual(network.Identity, Load("scripted.pt", []).Identity);
    }

    [Theory]
    [InlineData("tuple.pt", "1.1")]
    [InlineData("named.pt", "logits")]
    [InlineData("dict.pt", "logits")]
    public void Of_several_outputs_one_is_named(string file, string output)
    {
        using var scope = new TensorScope();
        using SavedState expected = Safetensors.Read(Fixture("expected.safetensors"));
        using TorchScriptNetwork network = TorchScriptNetwork.Load(Fixture(file), [new("stage1", "net.layer1")], output, 16, 16, Device.Cpu);
        NetworkOutput given = network.Forward(expected.Tensors["images"], new HashSet<string> { "stage1" });
        TensorAssert.Close(expected.Tensors["logits"], given.Logits, 1e-5);
        TensorAssert.Close(expected.Tensors["layer1"], given["stage1"], 1e-5);

        string others = file == "tuple.pt" ? "\"0\", \"1.0\", \"1.1\"" : "\"features\", \"logits\"";
        Assert.EndsWith($"it gives {others}; say with 'output' which of them is the logits.", Refusal(file, [], output: null));
        Assert.Contains($"it has no output \"head\", but {others}; ", Refusal(file, [], "head"));
    }

    [Fact]
    public void Outputs_that_are_no_logits_are_refused()
    {
        Assert.Contains("its output for two images is Float32[2, 6, 1, 1], not logits [2, classes]", Refusal("tuple.pt", [], "0"));
        Assert.Contains("it has no output \"0\", but one tensor; ", Refusal("scripted.pt", [], "0"));
    }

    [Theory]
    [InlineData("layer3", "the network has no module \"layer3\". Did you mean")]
    [InlineData("unused", "the module 'unused' is not called, or only within an if or a loop")]
    public void Modules_that_cannot_be_tapped_are_named(string module, string message) =>
        Assert.Contains(message, Refusal("scripted.pt", [new("stage1", module)], output: null));

    [Theory]
    [InlineData("twice", "the module 'twice' is called more than once")]
    [InlineData("sometimes", "the module 'sometimes' is not called, or only within an if or a loop")]
    [InlineData("pair", "the module 'pair' gives ")]
    public void So_are_those_of_odd_networks(string module, string message) =>
        Assert.Contains(message, Refusal("odd.pt", [new("stage1", module)], output: null));

    [Fact]
    public void A_network_that_changes_itself_as_it_runs_is_left_as_it_is()
    {
        using var scope = new TensorScope();
        using SavedState expected = Safetensors.Read(Fixture("expected.safetensors"));
        using TorchScriptNetwork network = Load("odd.pt", [new("stage1", "conv")]);
        for (int i = 0; i < 3; i++)
            TensorAssert.Close(expected.Tensors["odd"], network.Forward(expected.Tensors["images"]), 1e-5);
    }

    [Fact]
    public void It_gives_the_same_bits_whenever_it_is_asked_and_computes_in_16_bits_where_it_shall()
    {
        using var scope = new TensorScope();
        using SavedState expected = Safetensors.Read(Fixture("expected.safetensors"));
        Tensor images = expected.Tensors["images"].To(MemoryFormat.ChannelsLast);
        using TorchScriptNetwork network = Load("scripted.pt", Taps);
        float[] first = network.Forward(images).ToArray<float>();
        for (int i = 0; i < 4; i++)
        {
            network.Train(); // it stays in evaluation mode
            Assert.Equal(first, network.Forward(images).ToArray<float>());
        }

        using (Autocast.Enter(DType.BFloat16))
        {
            Tensor logits = network.Forward(images);
            Assert.Equal(DType.BFloat16, logits.DType);
            TensorAssert.Close(expected.Tensors["logits"], logits.To(DType.Float32), 0.05);
        }
    }

    [Fact]
    public void Images_on_which_it_does_not_run_are_told()
    {
        string message = Assert.Throws<CheckpointException>(() => TorchScriptNetwork.Load(Fixture("../../Serialization/Fixtures/scripted.pt"), [], null, 16, 16, Device.Cpu)).Message;
        Assert.Contains("it does not run on two images of 16×16 pixels (", message);
        Assert.Contains("mat1 and mat2 shapes cannot be multiplied", message);
    }

    [Fact]
    public void Nothing_is_left_behind_by_steps_nor_by_refusals()
    {
        long before = Collector.LiveTensors();
        using (var outer = new TensorScope())
        using (TorchScriptNetwork network = Load("scripted.pt", Taps))
        {
            Tensor images = Aten.Zeros([2, 3, 16, 16]);
            long loaded = TorchRuntime.LiveTensors;
            for (int i = 0; i < 5; i++)
            {
                using var step = new TensorScope();
                network.Forward(images, new HashSet<string> { "stage1" });
            }

            Assert.Equal(loaded, TorchRuntime.LiveTensors);
        }

        Refusal("scripted.pt", [new("stage1", "layer9")], output: null);
        Refusal("tuple.pt", [], output: null);
        Assert.Equal(before, Collector.LiveTensors());
    }

    private static string Refusal(string file, IReadOnlyList<KeyValuePair<string, string>> taps, string? output) =>
        Assert.Throws<CheckpointException>(() => TorchScriptNetwork.Load(Fixture(file), taps, output, 16, 16, Device.Cpu)).Message;

    private static TorchScriptNetwork Load(string file, IReadOnlyList<KeyValuePair<string, string>> taps) =>
        TorchScriptNetwork.Load(Fixture(file), taps, output: null, 16, 16, Device.Cpu);

    private static string Fixture(string name) => RepositoryFiles.Repository("tests", "Torch", "TorchScript", "Fixtures", name);
}
