using Retort.Torch;
using Retort.Torch.Graphs;
using Retort.Torch.Networks;
using Retort.Vision.Models;

namespace Retort.Tests.Torch.Networks;

public sealed class InferenceNetworkTests
{
    public static TheoryData<string> Models => [.. ModelRegistry.Default.Entries.Select(entry => entry.Name).Where(name => name is not ("resnet101" or "resnet152" or "resnet110" or "vgg19" or "vgg16"))];

    [Theory]
    [MemberData(nameof(Models))]
    public void It_gives_what_the_network_gives_for_any_number_of_images(string model)
    {
        ModelEntry entry = ModelRegistry.Default.Find(model);
        using Network network = Make(model);
        HashSet<string> taps = [.. network.TapNames];
        using InferenceNetwork fast = InferenceNetwork.Make(network, taps, entry.ImageSize, entry.ImageSize, Device.Cpu, DType.Float32);
        foreach (int batch in (int[])[1, 5])
            Compare(network, fast, taps, Aten.Randn([batch, 3, entry.ImageSize, entry.ImageSize]), tolerance: 2e-4);
    }

    [Fact]
    public void Taps_before_an_activation_are_those_of_the_network()
    {
        using Network network = Make("resnet8");
        HashSet<string> taps = ["stage1.preact", "stage2", "stage2.preact", "pooled"];
        using InferenceNetwork fast = InferenceNetwork.Make(network, taps, 32, 32, Device.Cpu, DType.Float32);
        Compare(network, fast, taps, Aten.Randn([3, 3, 32, 32]), tolerance: 1e-5);
    }

    [Fact]
    public void In_bfloat16_it_is_no_further_from_float32_than_the_network_is()
    {
        using var scope = new TensorScope();
        using Network network = Make("resnet20");
        Tensor images = Aten.Randn([16, 3, 32, 32]), exact, plain, made;
        using var noGrad = GradMode.Disable();
        exact = network.Forward(images);
        using InferenceNetwork fast = InferenceNetwork.Make(network, new HashSet<string>(), 32, 32, Device.Cpu, DType.BFloat16);
        using (Autocast.Enter(DType.BFloat16, DeviceType.Cpu))
        {
            plain = network.Forward(images);
            made = fast.Forward(images).Logits;
        }

        Assert.Equal(DType.BFloat16, made.DType);
        double Error(Tensor logits) => ((logits.To(DType.Float32) - exact).Square().Sum() / exact.Square().Sum()).Sqrt().ToDouble();
        Assert.InRange(Error(made), 0, 1.2 * Error(plain));
    }

    [Fact]
    public void It_leaves_no_tensor_behind_also_when_it_fails() => TensorAssert.LeavesNothing(() =>
    {
        using Network network = Make("resnet8");
        using InferenceNetwork fast = InferenceNetwork.Make(network, new HashSet<string> { "stage1" }, 32, 32, Device.Cpu, DType.Float32);
        using var scope = new TensorScope();
        fast.Forward(Aten.Randn([2, 3, 32, 32]));
        Assert.Throws<TorchException>(() => fast.Forward(Aten.Zeros([2, 3, 32, 32], DType.Int64)));
        Assert.Throws<ArgumentException>(() => fast.Forward(Aten.Zeros([2, 3, 16, 16])));
    });

    [Fact]
    public void A_network_whose_operators_depend_on_the_batch_is_refused()
    {
        using var network = new Whimsical();
        GraphException refused = Assert.Throws<GraphException>(() => InferenceNetwork.Make(network, new HashSet<string>(), 8, 8, Device.Cpu, DType.Float32));
        Assert.Contains("how many images", refused.Message);
        Assert.True(network.IsTraining);
    }

    private static Network Make(string model)
    {
        TorchRuntime.Seed(3);
        Network network = ModelRegistry.Default.Create(model, 10);
        network.To(MemoryFormat.ChannelsLast);
        // As after training: no batch norm is one that changes nothing.
        foreach ((string name, Tensor tensor) in network.State().Where(entry => entry.Value.DType == DType.Float32 && entry.Value.Rank == 1))
        {
            using var noGrad = GradMode.Disable();
            using Tensor change = Aten.Rand(tensor.Shape);
            tensor.Add_(change, name.EndsWith("running_var", StringComparison.Ordinal) ? 0.5 : 0.1);
        }

        network.Eval();
        return network;
    }

    private static void Compare(Network network, InferenceNetwork fast, HashSet<string> taps, Tensor images, double tolerance)
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        NetworkOutput expected = network.Forward(images, taps), actual = fast.Forward(images);
        Assert.Equal(taps.Order(StringComparer.Ordinal), actual.Taps.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, Tensor tensor) in expected.Taps.Append(new("logits", expected.Logits)))
        {
            Tensor other = name == "logits" ? actual.Logits : actual[name];
            Assert.Equal(tensor.Shape, other.Shape);
            double scale = tensor.Abs().Max().ToDouble();
            Assert.True((other - tensor).Abs().Max().ToDouble() <= tolerance * scale, $"{name}: {(other - tensor).Abs().Max().ToDouble()} of {scale}");
        }

        images.Dispose();
    }

    /// <summary>Computes another function of three images than of two.</summary>
    private sealed class Whimsical : Network
    {
        public override int Classes => 3;

        public override IReadOnlyList<string> TapNames => [];

        public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps)
        {
            Tensor mean = images.Mean([2, 3]);
            return new NetworkOutput(images.Size(0) == 3 ? mean.Relu() : mean.Neg(), new Dictionary<string, Tensor>());
        }
    }
}
