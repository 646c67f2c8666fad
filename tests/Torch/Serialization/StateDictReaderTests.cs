using System.Numerics;
using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Serialization;

namespace Retort.Tests.Torch.Serialization;

public sealed class StateDictReaderTests
{
    private static readonly string[] Names =
    [
        "0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked", "3.weight", "3.bias",
    ];

    [Theory]
    [InlineData("types.pth", CheckpointFormat.PytorchZip)]
    [InlineData("types-legacy.pth", CheckpointFormat.PytorchLegacy)]
    public void Every_type_is_read_from_both_formats(string file, CheckpointFormat format)
    {
        using var scope = new TensorScope();
        using SavedState state = StateDictReader.Read(Fixture.Path(file));

        Assert.Equal(format, state.Format);
        Assert.Null(state.Key);
        Assert.Equal(
            ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "scalar", "empty"], state.Tensors.Keys);
        Assert.Equal(
            [DType.Float64, DType.Float32, DType.Float16, DType.BFloat16, DType.Int64, DType.Int32, DType.Int16, DType.Int8, DType.UInt8, DType.Bool],
            state.Tensors.Values.Take(10).Select(t => t.DType));
        foreach (var (name, tensor) in state.Tensors.Take(10))
        {
            Assert.Equal([2, 3], tensor.Shape);
            Assert.Equal(name == "bool" ? [0, 1, 0, 1, 0, 1] : [0, 1, 2, 3, 4, 5], tensor.To(DType.Int64).ToArray<long>());
        }

        Assert.Equal(2.5f, state.Tensors["scalar"].Item<float>());
        Assert.Equal([0, 4], state.Tensors["empty"].Shape);
    }

    [Theory]
    [InlineData("views.pth")]
    [InlineData("views-legacy.pth")]
    public void Strides_offsets_and_shared_memory_are_honoured(string file)
    {
        using var scope = new TensorScope();
        using SavedState state = StateDictReader.Read(Fixture.Path(file));
        var t = state.Tensors;

        Assert.Equal([6, 4], t["transposed"].Shape);
        Assert.Equal([1, 6], t["transposed"].Strides);
        Assert.Equal([100, 106, 112, 118, 101], t["transposed"].ToArray<float>()[..5]);
        Assert.Equal([108, 109, 110, 114, 115, 116], t["sliced"].ToArray<float>());
        Assert.Equal([7, 7, 7, 8, 8, 8], t["expanded"].ToArray<float>());
        Assert.True(t["channels_last"].IsChannelsLast);
        Assert.Equal(Enumerable.Range(200, 24).Select(i => (float)i), t["channels_last"].ToArray<float>());
        t["whole"].Zero_();
        Assert.All(t["shared"].ToArray<float>().Concat(t["row"].ToArray<float>()), v => Assert.Equal(0, v));
    }

    [Theory]
    [InlineData("training.pth")]
    [InlineData("training-legacy.pth")]
    public void A_training_checkpoint_gives_the_network_and_none_of_the_rest(string file)
    {
        using var scope = new TensorScope();
        using SavedState state = StateDictReader.Read(Fixture.Path(file));

        Assert.Equal("state_dict", state.Key);
        Assert.Equal("module.", state.Prefix);
        Assert.Equal(Names, state.Tensors.Keys);
        foreach (var ((_, tensor), k) in state.Tensors.Select((t, k) => (t, k)))
        {
            long[] expected = [.. Enumerable.Range(k * 100, (int)tensor.Count).Select(i => (long)i)];
            Assert.Equal(expected, tensor.To(DType.Int64).ToArray<long>());
        }
    }

    [Theory]
    [InlineData("training.pth")]
    [InlineData("training-legacy.pth")]
    public void The_rest_of_a_checkpoint_can_be_looked_at_as_data(string file)
    {
        using var checkpoint = PytorchCheckpoint.Read(Fixture.Path(file));
        var root = Assert.IsType<PickledDictionary>(checkpoint.Root);

        Assert.Equal(7L, root["epoch"]);
        Assert.Equal("argparse.Namespace", Assert.IsType<PickledObject>(root["args"]).Name);
        var history = Assert.IsType<List<object?>>(root["history"]);
        Assert.Equal(0.5, history[0]);
        Assert.Null(history[1]);
        Assert.Equal(true, history[2]);
        Assert.Equal(new object?[] { 1L, 2L }, Assert.IsType<object?[]>(history[3]));
        Assert.Equal([3L], Assert.IsType<PickledSet>(history[4]).Items);
        Assert.Equal(BigInteger.Pow(10, 30), history[5]);
        var optimizer = Assert.IsType<PickledDictionary>(Assert.IsType<PickledDictionary>(root["optimizer"])["state"]);
        Assert.Equal(6, optimizer.Others.Count);
        using Tensor best = Assert.IsType<PickledTensor>(root["best_acc1"]).Load();
        Assert.Equal(91.5f, best.Item<float>());
    }

    [Theory]
    [InlineData("protocol4.pth", "model")]
    [InlineData("parameters.pth", null)]
    public void Other_protocols_and_parameters_are_read(string file, string? key)
    {
        using SavedState state = StateDictReader.Read(Fixture.Path(file));
        Assert.Equal(key, state.Key);
        Assert.Equal(key is null ? Names.Where(n => !n.Contains("running") && !n.Contains("num")) : Names, state.Tensors.Keys);
    }

    [Fact]
    public void Averaged_weights_lose_their_wrapper_and_counter()
    {
        using SavedState state = StateDictReader.Read(Fixture.Path("averaged.pth"));
        Assert.Equal(("model_ema", "module."), (state.Key, state.Prefix));
        Assert.Equal(["n_averaged"], state.Ignored);
        Assert.Equal(Names, state.Tensors.Keys);
    }

    [Fact]
    public void A_prefix_is_taken_off_where_it_is_asked_for()
    {
        using SavedState state = StateDictReader.Read(Fixture.Path("training.pth"), new() { Prefix = "1." });
        Assert.Equal(["weight", "bias", "running_mean", "running_var", "num_batches_tracked"], state.Tensors.Keys);
        Assert.Equal(["0.weight", "0.bias", "3.weight", "3.bias"], state.Ignored);
        Assert.Equal("module.1.", state.Prefix);
        var e = Assert.Throws<CheckpointException>(() => StateDictReader.Read(Fixture.Path("training.pth"), new() { Prefix = "model." }));
        Assert.EndsWith("no name begins with \"model.\"; the first is \"0.weight\": give another prefix.", e.Message);
    }

    [Fact]
    public void A_key_that_is_not_there_is_refused_with_those_that_are()
    {
        var e = Assert.Throws<CheckpointException>(() => StateDictReader.Read(Fixture.Path("training.pth"), new() { Key = "net" }));
        Assert.EndsWith(
            "it has no key \"net\"; its keys are \"epoch\", \"args\", \"best_acc1\", \"state_dict\", \"optimizer\", \"history\", \"rng\".", e.Message);
        using SavedState state = StateDictReader.Read(Fixture.Path("training.pth"), new() { Key = "state_dict" });
        Assert.Equal(9, state.Tensors.Count);
    }

    [Fact]
    public void A_whole_network_is_refused_by_its_class()
    {
        var e = Assert.Throws<CheckpointException>(() => StateDictReader.Read(Fixture.Path("whole-network.pth")));
        Assert.Contains("a whole object of the Python class torch.nn.modules.container.Sequential", e.Message);
    }

    [Fact]
    public void Elements_of_a_type_that_Retort_has_not_are_refused_by_name()
    {
        var e = Assert.Throws<CheckpointException>(() => StateDictReader.Read(Fixture.Path("complex.pth")));
        Assert.Contains("torch.ComplexFloatStorage", e.Message);
    }

    [Fact]
    public void Reading_leaves_no_tensor_behind_but_the_state()
    {
        long before = Collector.LiveTensors();
        SavedState state = StateDictReader.Read(Fixture.Path("views.pth"));
        Assert.Equal(before + 7, TorchRuntime.LiveTensors);
        state.Dispose();
        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [Fact]
    public void Saved_tensors_are_converted_to_the_types_of_the_module()
    {
        using var scope = new TensorScope();
        using var linear = new Linear(3, 2, bias: false);
        using SavedState state = StateDictReader.Read(Fixture.Path("types.pth"));
        foreach (string type in (string[])["float16", "bfloat16", "float64", "int64"])
        {
            linear.Weight.Detach().Zero_();
            linear.LoadState(new Dictionary<string, Tensor> { ["weight"] = state.Tensors[type] });
            Assert.Equal([0f, 1, 2, 3, 4, 5], linear.Weight.ToArray<float>());
        }
    }

    [Fact]
    public void An_archive_of_very_many_entries_is_read()
    {
        (string, byte[])[] more = [.. Enumerable.Range(0, 70_000).Select(i => ($"a/more/{i}", Array.Empty<byte>()))]; // needs zip64
        byte[] file = new PickleBuilder().Op('}').Text("w").Tensor([4], [1]).Op('s').Zip(more);
        using StateDictFile open = StateDictReader.Open(CheckpointSource.Over(file, "many.pth"));
        using SavedState state = open.Load();
        Assert.Equal([1, 2, 3, 4], state.Tensors["w"].ToArray<float>());
    }

    [SharedFileFact("golden", "model", "resnet8-stored.safetensors")]
    public void A_golden_case_is_read_with_its_description()
    {
        using var file = SafetensorsFile.Open(RepositoryFiles.Shared("golden", "model", "resnet8-stored.safetensors"));
        Assert.Contains("\"model\"", file.Metadata["case"]);
        using Tensor weight = file.Load("param.conv1.weight");
        Assert.Equal([16, 3, 3, 3], weight.Shape);
    }

    [SharedFileFact("golden", "model", "plain-state-dict.pth")]
    public void The_golden_checkpoints_are_read()
    {
        foreach (var (file, key, prefix) in ((string, string?, string)[])
                 [("plain-state-dict", null, ""), ("data-parallel", "state_dict", "module."), ("repdistiller-best", "model", "")])
        {
            using SavedState state = StateDictReader.Read(RepositoryFiles.Shared("golden", "model", $"{file}.pth"));
            Assert.Equal((key, prefix), (state.Key, state.Prefix));
            Assert.Equal([16, 3, 3, 3], state.Tensors["conv1.weight"].Shape);
            Assert.True(state.Tensors.ContainsKey("fc.bias"));
        }
    }

    [SharedFileFact("teachers", "resnet20-cifar10.pth")]
    public void The_CIFAR_teacher_enters_its_model()
    {
        using SavedState state = StateDictReader.Read(RepositoryFiles.Shared("teachers", "resnet20-cifar10.pth"));
        using var network = Retort.Vision.Models.ModelRegistry.Default.Create("resnet20", 10);
        network.LoadState(state.Tensors);
        Assert.Equal("model", state.Key);
        Assert.Equal(state.Tensors["fc.weight"].ToArray<float>(), network.State().First(p => p.Key == "fc.weight").Value.ToArray<float>());
    }
}
