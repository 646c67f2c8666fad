using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Serialization;

namespace Retort.Tests.Torch.Modules;

public class ModuleTests
{
    [Fact]
    public void Names_are_those_of_PyTorchs_state_dict()
    {
        using var network = new Sequential(
            new Conv2d(3, 4, 3), new BatchNorm2d(4), new ReLU(), new Sequential(new Linear(4, 2, bias: false)));
        Assert.Equal(
            [
                "0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked", "3.0.weight",
            ],
            network.State().Select(p => p.Key));
        Assert.Equal(["0.weight", "0.bias", "1.weight", "1.bias", "3.0.weight"], network.NamedParameters().Select(p => p.Key));
        Assert.Equal(["1.running_mean", "1.running_var", "1.num_batches_tracked"], network.NamedBuffers().Select(p => p.Key));
        Assert.Equal(["", "0", "1", "2", "3", "3.0"], network.NamedModules().Select(p => p.Key));
    }

    [Fact]
    public void Layers_may_have_names_of_their_own()
    {
        using var network = new Sequential([("conv", new Conv2d(1, 1, 1, bias: false)), ("act", new ReLU())]);
        Assert.Equal(["conv.weight"], network.State().Select(p => p.Key));
    }

    [Fact]
    public void A_module_list_names_by_index()
    {
        using var list = new ModuleList<Linear>(new Linear(1, 2), new Linear(2, 3));
        list.Append(new Linear(3, 4, bias: false));
        Assert.Equal(3, list.Count);
        Assert.Equal([2, 3, 4], list.Select(l => (int)l.Weight.Size(0)));
        Assert.Same(list[2], list.Last());
        Assert.Equal(["0.weight", "0.bias", "1.weight", "1.bias", "2.weight"], list.State().Select(p => p.Key));
    }

    [Fact]
    public void Training_and_evaluation_reach_the_whole_tree()
    {
        using var network = new Sequential(new Sequential(new Dropout()), new ModuleListHolder());
        network.Eval();
        Assert.All(network.NamedModules(), m => Assert.False(m.Value.IsTraining));
        network.Train();
        Assert.All(network.NamedModules(), m => Assert.True(m.Value.IsTraining));
    }

    [Fact]
    public void Batch_norm_counts_batches_in_training_only()
    {
        using var scope = new TensorScope();
        using var norm = new BatchNorm2d(2);
        Tensor images = Aten.Randn([2, 2, 3, 3]);
        norm.Forward(images);
        norm.Forward(images);
        Tensor mean = norm.RunningMean!.Clone();
        norm.Eval();
        norm.Forward(images);
        Assert.Equal(2, norm.BatchesTracked!.Item<long>());
        TensorAssert.Same(mean, norm.RunningMean!);
    }

    [Fact]
    public void Batch_norm_refuses_one_value_per_channel_in_training()
    {
        using var scope = new TensorScope();
        using var norm = new BatchNorm2d(3);
        var error = Assert.Throws<TorchException>(() => norm.Forward(Aten.Zeros([1, 3, 1, 1])));
        Assert.Equal(
            "BatchNorm2d expected more than 1 value per channel when training, got input size [1, 3, 1, 1]: use a larger batch, or "
            + "leave out the last incomplete one.",
            error.Message);
        Assert.Equal(0, norm.BatchesTracked!.Item<long>());
        norm.Eval();
        Assert.Equal(3, norm.Forward(Aten.Zeros([1, 3, 1, 1])).Count);
    }

    [Fact]
    public void Batch_norm_refuses_other_numbers_of_dimensions()
    {
        using var scope = new TensorScope();
        using var images = new BatchNorm2d(3);
        using var vectors = new BatchNorm1d(3);
        Assert.Contains("expected 4D input", Assert.Throws<TorchException>(() => images.Forward(Aten.Zeros([2, 3]))).Message);
        Assert.Contains("expected 2D or 3D", Assert.Throws<TorchException>(() => vectors.Forward(Aten.Zeros([2, 3, 1, 1]))).Message);
        Assert.Throws<TorchException>(() => images.Forward(Aten.Zeros([2, 4, 2, 2])));
    }

    [Fact]
    public void Dropout_does_nothing_in_evaluation_and_keeps_the_mean_in_training()
    {
        using var scope = new TensorScope();
        using var dropout = new Dropout(0.25);
        Tensor ones = Aten.Ones([10_000]);
        TorchRuntime.Seed(1);
        Tensor dropped = dropout.Forward(ones);
        Assert.Equal(1, dropped.Mean().ToDouble(), 0.03);
        Assert.Equal(0.25, dropped.Eq(0).To(DType.Float32).Mean().ToDouble(), 0.02);
        dropout.Eval();
        TensorAssert.Same(ones, dropout.Forward(ones));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Dropout(1.5));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Layers_that_change_their_input_in_place_give_a_tensor_of_their_own(bool inPlace)
    {
        Layer[] layers = [new ReLU(inPlace), new LeakyReLU(inPlace: inPlace), new ReLU6(inPlace), new SiLU(inPlace), new Hardswish(inPlace)];
        foreach (Layer layer in layers)
        {
            using Tensor input = Tensor.From([-1f, 7f]);
            Tensor output = layer.Forward(input);
            Assert.NotSame(input, output);
            Assert.Equal(inPlace, input.Is(output));
            output.Dispose();
            Assert.Equal(2, input.Count);
        }
    }

    [Fact]
    public void Saved_tensors_that_do_not_fit_change_nothing_and_are_all_named()
    {
        using var scope = new TensorScope();
        using var layer = new Linear(2, 3);
        float[] before = layer.Weight.ToArray<float>();
        var error = Assert.Throws<StateDictException>(() => layer.LoadState(
            new Dictionary<string, Tensor> { ["weight"] = Aten.Zeros([3, 4]), ["scale"] = Aten.Zeros([1]) }));
        Assert.Equal(["bias"], error.Missing);
        Assert.Equal(["scale"], error.Unexpected);
        Assert.Equal(["weight is [3, 4], must be [3, 2]"], error.Misshapen);
        Assert.Equal(before, layer.Weight.ToArray<float>());
    }

    [Fact]
    public void Modules_move_to_types_and_memory_orders_in_place()
    {
        using var scope = new TensorScope();
        using var network = new Sequential(new Conv2d(3, 4, 3), new BatchNorm2d(4));
        var conv = (Conv2d)network[0];
        Tensor weight = conv.Weight;
        network.To(MemoryFormat.ChannelsLast);
        Assert.Same(weight, conv.Weight);
        Assert.True(weight is { IsChannelsLast: true, RequiresGrad: true, IsLeaf: true });
        network.To(DType.Float64);
        Assert.Equal(DType.Float64, weight.DType);
        Assert.Equal(DType.Int64, ((BatchNorm2d)network[1]).BatchesTracked!.DType);
    }

    [Fact]
    public void Freezing_stops_gradients()
    {
        using var layer = new Linear(2, 3);
        layer.RequireGrad(false);
        Assert.All(layer.Parameters(), p => Assert.False(p.RequiresGrad));
    }

    [Fact]
    public void Names_are_used_once()
    {
        var error = Assert.Throws<ArgumentException>(() => new Sequential([("a", new ReLU()), ("a", new ReLU())]));
        Assert.Contains("a part named \"a\" already", error.Message);
    }

    [Fact]
    public void Wrong_sizes_are_refused_when_a_layer_is_made()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Conv2d(3, 4, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Conv2d(3, 4, 3, stride: 0));
        Assert.Throws<ArgumentException>(() => new Conv2d(3, 4, 3, groups: 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Conv2d(3, 4, 3, padding: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Embedding(3, 2, paddingIndex: 3));
        Assert.Throws<ArgumentException>(() => new GroupNorm(3, 4));
    }

    [Fact]
    public void Disposing_a_module_frees_all_of_it_also_when_it_was_made_in_a_scope()
    {
        TensorAssert.LeavesNothing(() =>
        {
            Sequential network;
            using (new TensorScope())
            {
                network = new Sequential(
                    new Conv2d(3, 4, 3), new BatchNorm2d(4), new Embedding(3, 2, 1), new LayerNorm(4), new GroupNorm(2, 4), new PReLU());
            }

            Assert.All(network.State(), p => Assert.False(p.Value.IsDisposed));
            network.Dispose();
            network.Dispose();
        });
    }

    [Fact]
    public void Without_a_scope_a_sequence_leaves_only_its_result()
    {
        using var network = new Sequential(new Linear(2, 3), new ReLU(inPlace: true), new Identity(), new AdaptiveOverOne(), new Linear(3, 1));
        using Tensor input = Aten.Ones([4, 2]);
        TensorAssert.LeavesNothing(() => network.Forward(input).Dispose());
    }

    private sealed class ModuleListHolder : Layer
    {
        public ModuleListHolder() => Add("list", new ModuleList<Layer>(new Dropout()));

        public override Tensor Forward(Tensor input) => input.Share();
    }

    /// <summary>A layer whose operator has a second result.</summary>
    private sealed class AdaptiveOverOne : Layer
    {
        private readonly AdaptiveMaxPool2d _pool;

        public AdaptiveOverOne() => _pool = Add("pool", new AdaptiveMaxPool2d((4, 3)));

        public override Tensor Forward(Tensor input)
        {
            using Tensor image = input.Unsqueeze(0);
            using Tensor pooled = _pool.Forward(image);
            return pooled.Squeeze(0);
        }
    }
}
