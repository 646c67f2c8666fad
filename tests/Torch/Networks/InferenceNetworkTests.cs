using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Vision.Models;

namespace Retort.Tests.Torch.Networks;

public sealed class InferenceNetworkTests
{
    public static TheoryData<string> Models => [.. ModelRegistry.Default.Entries.Select(entry => entry.Name).Where(name => name is not ("resnet101" or "resnet152"))];

    [Theory]
    [MemberData(nameof(Models))]
    public void It_gives_what_the_network_gives_for_any_number_of_images(string model)
    {
        ModelEntry entry = ModelRegistry.Default.Find(model);
        int size = entry.ImageSize > 64 && !model.StartsWith("deit", StringComparison.Ordinal) ? 64 : entry.ImageSize;
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        using Network network = Retort.Tests.Support.Networks.Trained(model);
        HashSet<string> taps = [.. network.TapNames, .. ((string?[])[network.PooledMap]).OfType<string>()];
        using InferenceNetwork fast = InferenceNetwork.Make(network, taps, size, size, Device.Cpu, DType.Float32);
        foreach (int batch in (int[])[1, 5])
        {
            Tensor images = Aten.Randn([batch, 3, size, size]);
            NetworkOutput expected = network.Forward(images, taps), actual = fast.Forward(images);
            Assert.Equal(taps.Order(StringComparer.Ordinal), actual.Taps.Keys.Order(StringComparer.Ordinal));
            foreach ((string name, Tensor tensor) in expected.Taps.Append(new("logits", expected.Logits)))
            {
                Tensor other = name == "logits" ? actual.Logits : actual[name];
                Assert.Equal(tensor.Shape, other.Shape);
                Assert.InRange(Apart(other, tensor), 0, 1e-5);
            }
        }
    }

    [Fact]
    public void For_taps_alone_it_stops_behind_the_last_of_them()
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        using Network network = Retort.Tests.Support.Networks.Trained("resnet20");
        HashSet<string> taps = ["stem", "stage1"];
        Tensor images = Aten.Randn([2, 3, 32, 32]);
        NetworkOutput expected = network.Forward(images, taps);
        long before = TorchRuntime.LiveTensors;
        using InferenceNetwork whole = InferenceNetwork.Make(network, taps, 32, 32, Device.Cpu, DType.Float32);
        long ofWhole = TorchRuntime.LiveTensors - before;
        using InferenceNetwork part = InferenceNetwork.Make(network, taps, 32, 32, Device.Cpu, DType.Float32, logits: false);
        Assert.InRange(TorchRuntime.LiveTensors - before - ofWhole, 1, ofWhole / 2); // the weights of seven convolutions of 21

        NetworkOutput actual = part.Forward(images);
        foreach (string tap in taps)
            Assert.InRange(Apart(actual[tap], expected[tap]), 0, 1e-5);
        Assert.Equal(taps.Order(StringComparer.Ordinal), actual.Taps.Keys.Order(StringComparer.Ordinal));
        Assert.False(actual.HasLogits);
        Assert.Contains("not asked for", Assert.Throws<InvalidOperationException>(() => actual.Logits).Message);
    }

    [Fact]
    public void In_bfloat16_it_is_no_further_from_float32_than_the_network_is()
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        using Network network = Retort.Tests.Support.Networks.Trained("resnet20");
        Tensor images = Aten.Randn([16, 3, 32, 32]), exact = network.Forward(images), plain, made;
        using InferenceNetwork fast = InferenceNetwork.Make(network, new HashSet<string>(), 32, 32, Device.Cpu, DType.BFloat16);
        using (Autocast.Enter(DType.BFloat16, DeviceType.Cpu))
        {
            plain = network.Forward(images);
            made = fast.Forward(images).Logits;
        }

        Assert.Equal(DType.BFloat16, made.DType);
        Assert.InRange(Apart(made.To(DType.Float32), exact), 0, 1.2 * Apart(plain.To(DType.Float32), exact));
    }

    [Fact]
    public void It_leaves_no_tensor_behind_also_when_it_fails() => TensorAssert.LeavesNothing(() =>
    {
        using Network network = Retort.Tests.Support.Networks.Trained("resnet8");
        using InferenceNetwork fast = InferenceNetwork.Make(network, new HashSet<string> { "stage1" }, 32, 32, Device.Cpu, DType.Float32);
        using var scope = new TensorScope();
        fast.Forward(Aten.Randn([2, 3, 32, 32]));
        Assert.Throws<TorchException>(() => fast.Forward(Aten.Zeros([2, 5, 32, 32])));
        Assert.Throws<ArgumentException>(() => fast.Forward(Aten.Zeros([2, 3, 16, 16])));
    });

    [Fact]
    public void A_network_that_cannot_be_written_down_is_not_made_fast()
    {
        using var network = new Counting();
        Assert.Null(InferenceNetwork.TryMake(network, new HashSet<string>(), 8, 8, Device.Cpu, DType.Float32));
    }

    [Fact]
    public void Numbers_that_a_network_brings_itself_are_constants()
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        using var network = new FunctionNetwork(images => images.Mean([2, 3]) * Tensor.From<float>([1, 2, 3]).View([1, 3]));
        using InferenceNetwork fast = InferenceNetwork.Make(network, new HashSet<string>(), 8, 8, Device.Cpu, DType.Float32);
        Tensor images = Aten.Randn([4, 3, 8, 8]), expected = network.Forward(images);
        for (int run = 0; run < 2; run++)
        {
            using Tensor other = Tensor.From<float>([7, 7, 7]); // where freed memory comes from next
            other.Dispose();
            TensorAssert.Close(expected, fast.Forward(images).Logits, 1e-6);
        }
    }

    public static TheoryData<string, Func<Tensor, Tensor>> Unseen => new()
    {
        { "one for each image", images => images.Mean([2, 3]) * Tensor.From<float>(images.Mean([1, 2, 3]).ToArray<float>(), images.Size(0), 1) },
        { "one for all", images => images.Mean([2, 3]) * Tensor.FromValue((float)images.Max().ToDouble()) },
        { "a number", images => images.Mean([2, 3]) * images.Max().ToDouble() },
        { "changed in every run", images => images.Mean([2, 3]) * Tensor.From<float>([1, 2, 3]).View([1, 3]).Mul_(2) },
    };

    [Theory]
    [MemberData(nameof(Unseen))]
    public void What_is_computed_past_the_operators_is_not_taken_for_a_constant(string what, Func<Tensor, Tensor> logits)
    {
        using var network = new FunctionNetwork(logits);
        using InferenceNetwork? fast = InferenceNetwork.TryMake(network, new HashSet<string>(), 8, 8, Device.Cpu, DType.Float32);
        Assert.True(fast is null, what);
    }

    // Relative to the size of what is expected.
    private static double Apart(Tensor actual, Tensor expected) => ((actual - expected).Square().Sum() / expected.Square().Sum()).Sqrt().ToDouble();

    /// <summary>Computes otherwise for each number of images.</summary>
    private sealed class Counting : Network
    {
        public override int Classes => 3;

        public override IReadOnlyList<string> TapNames => [];

        public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps) =>
            new(Enumerable.Range(0, (int)images.Size(0)).Aggregate(images.Mean([2, 3]), (sum, _) => sum.Relu()), new Dictionary<string, Tensor>());
    }
}
